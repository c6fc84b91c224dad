"""Rules about tools and request parameters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

from policies.canonical import CanonicalError, canonical_json
from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.findings import Finding, Severity

HEAD = "sections: [{id: role, kind: role, text: Help.}]\n"


class IrreversibleWithoutConfirmation(DraftRule):
    code: ClassVar = "TOL101"
    rule: ClassVar = "behavior.autonomy"
    title: ClassVar = "Irreversible tool without a confirmation"
    why: ClassVar = "An action that cannot be undone always needs a confirmation, whatever the setting says."
    fix: ClassVar = "Set requires_confirmation to true, or make the tool reversible."
    blocks: ClassVar = (
        HEAD
        + "tools: [{name: wire_money, description: Sends money., reversible: false, requires_confirmation: false}]",
    )
    passes: ClassVar = (
        HEAD
        + "tools: [{name: wire_money, description: Sends money., reversible: false, requires_confirmation: true}]",
        HEAD
        + "tools: [{name: look_up, description: Reads a page., reversible: true, requires_confirmation: false}]",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for at, tool in enumerate(case.draft.tools):
            if not tool.reversible and not tool.requires_confirmation:
                message = f'The tool "{tool.name}" cannot be undone and does not ask first.'
                yield cls.finding(message, path=f"tools.{at}.requires_confirmation")


class BadInputSchema(DraftRule):
    code: ClassVar = "TOL102"
    rule: ClassVar = "draft.tools"
    title: ClassVar = "The input schema cannot be used"
    why: ClassVar = (
        "The API refuses a request with a tool whose input schema is not a JSON Schema of an object."
    )
    fix: ClassVar = "Describe the tool's input as a JSON Schema with type: object."
    blocks: ClassVar = (
        HEAD + "tools: [{name: book, description: Books., input_schema: {type: string}}]",
        HEAD
        + "tools: [{name: book, description: Books., input_schema: {type: object, properties: {when: {type: day}}}}]",
    )
    passes: ClassVar = (
        HEAD
        + "tools: [{name: book, description: Books., input_schema: {type: object, properties: {when: {type: string}}}}]",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for at, tool in enumerate(case.draft.tools):
            if problem := _schema_problem(tool.input_schema):
                message = f'The input schema of "{tool.name}" {problem}'
                yield cls.finding(message, path=f"tools.{at}.input_schema")


def _schema_problem(schema: Any) -> str:
    if schema.get("type") != "object":
        return 'must say "type": "object".'
    if set(schema) == {"type"}:
        return ""
    try:
        return _checked(
            canonical_json(schema),
        )
    except (CanonicalError, ValueError) as error:
        return f"has no JSON form: {error}"


@lru_cache(maxsize=512)
def _checked(schema: bytes) -> str:
    """Cached by content: a draft is validated at each pause in typing, its tools change seldom."""
    import json

    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        return f"is not valid{f' at {where}' if where else ''}: {error.message}."
    return ""


class NoDescription(DraftRule):
    code: ClassVar = "TOL103"
    rule: ClassVar = "draft.tools"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Tool without a description"
    why: ClassVar = "The model chooses tools by their descriptions."
    fix: ClassVar = "Say what the tool does, when to use it and what it returns."
    blocks: ClassVar = (HEAD + "tools: [{name: book}]",)
    passes: ClassVar = BadInputSchema.passes

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for at, tool in enumerate(case.draft.tools):
            if not tool.description.strip():
                yield cls.finding(
                    f'The tool "{tool.name}" has no description.', path=f"tools.{at}.description"
                )


class ThinkingBudget(DraftRule):
    code: ClassVar = "PRM101"
    rule: ClassVar = "parameter.thinking"
    title: ClassVar = "Thinking leaves no room for the reply"
    why: ClassVar = (
        "Thinking counts towards the longest reply, and the API refuses a budget that is not below it."
    )
    fix: ClassVar = "Raise max_tokens above the budget, or lower the budget."
    blocks: ClassVar = (
        HEAD + "parameters: {max_tokens: 1024, thinking: {type: enabled, budget_tokens: 2048}}",
    )
    passes: ClassVar = (
        HEAD + "parameters: {max_tokens: 4096, thinking: {type: enabled, budget_tokens: 2048}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        thinking = case.draft.parameters.thinking
        longest = case.effective["parameter.max_tokens"].value
        budget = thinking.budget_tokens if thinking else None
        if budget is not None and isinstance(longest, int) and budget >= longest:
            message = (
                f"The thinking budget of {budget:,} tokens is not below the longest reply of {longest:,}."
            )
            yield cls.finding(message, path="parameters.thinking.budget_tokens")


class BlankStopSequence(DraftRule):
    code: ClassVar = "PRM102"
    rule: ClassVar = "draft.parameters"
    title: ClassVar = "Blank stop sequence"
    why: ClassVar = "The API refuses stop sequences that hold nothing but white space."
    fix: ClassVar = "Use a sequence with at least one visible character."
    blocks: ClassVar = (HEAD + 'parameters: {stop_sequences: ["\\n"]}',)
    passes: ClassVar = (HEAD + 'parameters: {stop_sequences: ["END"]}',)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for at, sequence in enumerate(case.draft.parameters.stop_sequences):
            if not sequence.strip():
                message = "A stop sequence holds nothing but white space."
                yield cls.finding(message, path=f"parameters.stop_sequences.{at}")


RULES: tuple[type[DraftRule], ...] = (
    IrreversibleWithoutConfirmation,
    BadInputSchema,
    NoDescription,
    ThinkingBudget,
    BlankStopSequence,
)
