"""promptfoo: the prompts of a configuration, and the system texts that its providers are given. No file is ever followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.prompts.importers.base import Left, Read, Skipped
from console.prompts.importers.building import build
from console.prompts.importers.chat import are_messages, text_of
from policies import CanonicalError, placeholders, read_json
from policies.sources import SourceError, read_data

TITLE = "a promptfoo configuration"
_SIGNS = frozenset(
    [
        "providers",
        "targets",
        "tests",
        "defaultTest",
        "scenarios",
        "evaluateOptions",
        "redteam",
        "nunjucksFilters",
        "outputPath",
    ]
)
_SYSTEM_KEYS = ("instructions", "systemInstruction", "custom_system_prompt", "append_system_prompt")
_ELSEWHERE = ("file://", "exec:", "http://", "https://", "langfuse://", "portkey://", "helicone://")
_FILE = re.compile(
    r"[^\s{}]*(?:[/\\*]|\.(?:cjs|cts|csv|j2|js|jsonl?|md|mjs|mts|py|rb|sh|ts|txt|ya?ml)(?::\w+)?$)[^\s{}]*"
)
_FOLLOWED = (
    "It names a file or another service, and references are never followed: import what it names itself."
)
_AS_USER = "promptfoo sends a plain text as the user's message; here it is the system prompt."
_CASES = "Test cases are no part of a prompt; scenarios for trials are kept in suites."


def recognises(name: str, data: Any) -> bool:
    if not isinstance(data, Mapping):
        return False
    if "promptfoo" in name.lower() and ({"prompts"} | _SIGNS) & set(data):
        return True
    prompts = data.get("prompts")
    if isinstance(prompts, list) and not all(isinstance(p, str | Mapping | list) for p in prompts):
        return False
    return isinstance(prompts, str | list | Mapping) and bool(
        _SIGNS & set(data) or (isinstance(prompts, list) and any(isinstance(p, str) for p in prompts))
    )


def read(name: str, data: Any) -> Iterator[Read]:
    providers = list(_providers(data))
    config, left = _chosen(providers)
    for label, raw in _prompts(data.get("prompts")):
        yield _entry(label, raw, config, left)
    for label, provider in providers:
        if _has_system(provider):
            yield _system(label, provider)
    for key in ("tests", "defaultTest", "scenarios", "redteam"):
        if data.get(key):
            yield Skipped(key, _CASES)


def _prompts(prompts: Any) -> Iterator[tuple[str, Any]]:
    """Label and raw prompt; the deprecated form is a table of files and labels."""
    if isinstance(prompts, Mapping):
        yield from ((str(label), raw) for raw, label in prompts.items())
        return
    for prompt in prompts if isinstance(prompts, list) else [prompts]:
        if isinstance(prompt, Mapping) and not are_messages([prompt]):
            raw = prompt.get("raw") or prompt.get("id")
            label = prompt.get("label") or (prompt.get("id") if prompt.get("raw") else "")
            yield label if isinstance(label, str) else "", raw
        elif prompt is not None:
            yield "", prompt


def _entry(label: str, raw: Any, config: Mapping[str, Any], left: list[Left]) -> Read:
    if isinstance(raw, str):
        if _is_reference(raw.strip()):
            return Skipped(label or raw.strip()[:200], _FOLLOWED)
        if _passes_on(raw):
            return Skipped(
                label or raw.strip()[:200], "It only passes a variable on, and has no words of its own."
            )
        raw = _chat(raw)
    messages = raw if are_messages(raw) else []
    if not messages and not isinstance(raw, str):
        return Skipped(label, "It is neither a text nor a list of messages.")
    return build(
        TITLE,
        name=label,
        system=raw if isinstance(raw, str) else "",
        messages=messages,
        syntax="jinja",
        config=config,
        own=_SYSTEM_KEYS,
        left=left,
        notes=() if messages else (_AS_USER,),
    )


def _chat(raw: str) -> Any:
    """A conversation that is written into a text, as JSON or in promptfoo's older form as YAML; else the text."""
    text = raw.strip()
    try:
        if text.startswith("- role:"):
            held = read_data(text)
        elif text.startswith(("[", "{")):
            held = read_json(text)
        else:
            return raw
    except (CanonicalError, SourceError):
        return raw
    if isinstance(held, Mapping):
        held = held.get("messages")
    return held if are_messages(held) else raw


def _is_reference(text: str) -> bool:
    return text.startswith(_ELSEWHERE) or (len(text) <= 500 and bool(_FILE.fullmatch(text)))


def _passes_on(text: str) -> bool:
    places = list(placeholders(text.strip()))
    return len(places) == 1 and places[0].start == 0 and places[0].end == len(text.strip())


def _providers(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Label and configuration of each; its model stands in its id, after the last colon."""
    listed = data.get("providers", data.get("targets"))
    for provider in listed if isinstance(listed, list) else [listed]:
        if isinstance(provider, str):
            yield provider, {"model": _model(provider)}
        elif isinstance(provider, Mapping):
            id, options = _options(provider)
            config = options.get("config")
            config = config if isinstance(config, Mapping) else {}
            label = options.get("label")
            yield label if isinstance(label, str) else id, {"model": _model(id), **config}


def _options(provider: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if isinstance(provider.get("id"), str):
        return provider["id"], provider
    for key, value in provider.items():
        if isinstance(value, Mapping):
            return str(value.get("id") or key), value
    return "", provider


def _model(id: str) -> str:
    return id.rsplit(":", 1)[-1] if not id.startswith(_ELSEWHERE) else ""


def _chosen(providers: list[tuple[str, Mapping[str, Any]]]) -> tuple[Mapping[str, Any], list[Left]]:
    """The configuration that the prompts take: of the first Claude model, else of the first provider."""
    if not providers:
        return {}, []
    claude = [entry for entry in providers if str(entry[1].get("model", "")).startswith("claude")]
    label, config = (claude or providers)[0]
    others = [name for name, _ in providers if name != label]
    shown = ", ".join(name[:60] for name in others[:3]) + (" and more" if len(others) > 3 else "")
    return config, [Left(f"the providers {shown}", "a draft names one model")] if others else []


def _has_system(config: Mapping[str, Any]) -> bool:
    return any(_said(config.get(key)).strip() for key in _SYSTEM_KEYS)


def _system(label: str, config: Mapping[str, Any]) -> Read:
    """The provider's own system text, which promptfoo sends with every prompt."""
    said = "\n\n".join(text for key in _SYSTEM_KEYS if (text := _said(config.get(key))).strip())
    name = f"{label} system"
    if _is_reference(said.strip()):
        return Skipped(name, _FOLLOWED)
    form = "the system text of a promptfoo provider"
    return build(form, name=name, system=said, syntax="jinja", config=config, own=_SYSTEM_KEYS)


def _said(value: Any) -> str:
    """A text, or Google's form: parts with a text each."""
    parts = value.get("parts") if isinstance(value, Mapping) else None
    return text_of(parts if parts is not None else value)
