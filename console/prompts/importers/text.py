"""An existing prompt in whatever form it is kept, read into a draft: text, a draft file, or a request to an API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.problems import Invalid
from console.prompts.splitting import How, sections, split
from policies import CanonicalError, FormError, parse_draft, placeholders, read_json
from policies.draft import looks_like_draft

LONGEST = 400_000  # characters of all sections together

_TAKEN_AS: dict[How, str] = {
    "tags": "text with tags, split at them",
    "headings": "text with headings, split at them",
    "whole": "plain text, one section",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read. ``content`` is a draft in its exchanged form; ``form`` says what the source was taken for."""

    content: dict[str, Any]
    form: str
    notes: tuple[str, ...] = ()


def read_prompt(source: str | bytes, *, name: str = "") -> Imported:
    """Read a paste or a file called ``name``. Raises Invalid with one sentence that says what is wrong and where."""
    text = decode(source)
    if not text.strip():
        raise Invalid("There is nothing in it.", "Paste the text of a prompt, or choose another file.")
    if looks_like_draft(text) or name.lower().endswith((".yaml", ".yml")):
        return _from_draft(text)
    request = _request(text)
    return _from_request(request) if request else _from_text(text)


def decode(source: str | bytes) -> str:
    """The text of a file or a paste, within the limits. Raises Invalid."""
    if isinstance(source, bytes):
        encoding = "utf-16" if source[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            source = source.decode(encoding)
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise Invalid(
                f"The file is not UTF-8 text: line {line} holds the byte 0x{error.object[error.start]:02X}, which fits no character.",
                "Save it as UTF-8 and choose it again.",
            ) from error
    if "\0" in source:
        raise Invalid(
            "It holds NUL characters, as binary files do.", "Choose a text file, or paste the text."
        )
    check_length(len(source))
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def check_length(characters: int) -> None:
    """Raises Invalid when a prompt is longer than the console keeps."""
    if characters > LONGEST:
        raise Invalid(
            f"The prompt is {characters:,} characters long; the most that fits is {LONGEST:,}.",
            "Move reference material into documents that your application sends with the conversation.",
        )


def declared(content: dict[str, Any]) -> dict[str, Any]:
    """The content with every ``{{name}}`` of its texts declared, untrusted until somebody says otherwise."""
    known = content.get("variables", {})
    used = {place.name for section in content["sections"] for place in placeholders(section.get("text", ""))}
    if not used - set(known):
        return content
    return content | {"variables": {**known, **{name: {} for name in sorted(used - set(known))}}}


def _from_draft(text: str) -> Imported:
    try:
        return Imported(parse_draft(text).to_dict(), "a draft")
    except FormError as error:
        raise Invalid(
            f"This looks like a draft, but it can't be read: {error}",
            "Correct it there and import it again, or paste only the text of the prompt.",
        ) from error


def _from_text(text: str) -> Imported:
    how, parts = split(text)
    content = declared({"draft": 1, "sections": sections(parts)})
    if title := _title(text):
        content["title"] = title
    count = len(content.get("variables", {}))
    notes = [f"{count} variable{'s' * (count > 1)} found and declared as untrusted."] if count else []
    if text.lstrip()[:1] in "{[":
        notes.append("It is neither a draft nor a request to an API, so its text was taken as it stands.")
    return Imported(content, _TAKEN_AS[how], tuple(notes))


def _title(text: str) -> str:
    """What the prompt calls itself: its first heading, else the name that it gives the assistant."""
    heading = re.match(r"\s*#[ \t]+([^\n]{2,120})", text)
    name = re.search(r"\b[Yy]ou are ([A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?),", text[:2_000])
    found = heading or name
    return re.sub(r"[*_`#]+", "", found[1]).strip() if found else ""


# --- requests as programs send them ---------------------------------------------------------------------------------


def _request(text: str) -> Mapping[str, Any] | None:
    """A request's parameters, if the text is JSON that holds a system prompt."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        data = read_json(text)
    except CanonicalError:
        return None
    if isinstance(data, list):
        data = {"messages": data}
    data = data.get("config", data.get("body", data))
    return data if isinstance(data, Mapping) and _system(data).strip() else None


def _from_request(request: Mapping[str, Any]) -> Imported:
    imported = _from_text(decode(_system(request)))
    notes = list(imported.notes)
    content = imported.content | _parameters(request, notes)
    if tools := list(_tools(request.get("tools"), notes)):
        content["tools"] = tools
    turns = [m for m in _messages(request) if m.get("role") not in ("system", "developer")]
    if turns:
        notes.append(
            f"{len(turns)} message{'s' * (len(turns) > 1)} left out: a prompt holds no conversation."
        )
    return Imported(content, f"a request to an API; its system prompt is {imported.form}", tuple(notes))


def _system(request: Mapping[str, Any]) -> str:
    """Where the APIs keep it: ``system``, ``instructions``, or messages of the role system or developer."""
    own = request.get("system", request.get("instructions"))
    said = [m.get("content") for m in _messages(request) if m.get("role") in ("system", "developer")]
    return "\n\n".join(filter(None, map(_plain_text, [own, *said])))


def _messages(request: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    messages = request.get("messages")
    return [m for m in messages if isinstance(m, Mapping)] if isinstance(messages, list) else []


def _plain_text(value: Any) -> str:
    """A text, or the text blocks of a list."""
    if isinstance(value, str):
        return value
    blocks = value if isinstance(value, list) else []
    return "\n\n".join(
        block["text"] for block in blocks if isinstance(block, Mapping) and isinstance(block.get("text"), str)
    )


def _parameters(request: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for target, keys, fits in _READS:
        value = next((request[key] for key in keys if key in request), None)
        if value is not None and fits(value):
            found[target] = [value] if target == "stop_sequences" and isinstance(value, str) else value
    effort = request.get("output_config", {})
    if isinstance(effort, Mapping) and effort.get("effort") in _EFFORTS:
        found["effort"] = effort["effort"]
    thinking = request.get("thinking")
    if isinstance(thinking, Mapping) and thinking.get("type") in ("disabled", "adaptive", "enabled"):
        found["thinking"] = {key: thinking[key] for key in ("type", "budget_tokens") if key in thinking}
    model = request.get("model")
    left = sorted(set(request) & _LEFT_OUT)
    if isinstance(model, str) and not model.startswith("claude"):
        left.insert(0, f"the model {model[:60]}")
    if left:
        notes.append(f"Left out, since a draft has no such parameter: {', '.join(left)}.")
    content: dict[str, Any] = {"parameters": found} if found else {}
    return content | ({"model": model} if isinstance(model, str) and model.startswith("claude") else {})


_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_READS: tuple[tuple[str, tuple[str, ...], Callable[[Any], bool]], ...] = (
    (
        "max_tokens",
        ("max_tokens", "max_completion_tokens", "max_output_tokens"),
        lambda v: type(v) is int and v > 0,
    ),
    ("stop_sequences", ("stop_sequences", "stop"), lambda v: bool(v) and isinstance(v, str | list)),
)
_LEFT_OUT = {
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "seed",
    "n",
}


def _tools(tools: Any, notes: list[str]) -> Iterable[dict[str, Any]]:
    """Both APIs' function tools; a tool that the provider runs itself has no schema and is left out."""
    for tool in tools if isinstance(tools, list) else []:
        spec = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        schema = spec.get("input_schema", spec.get("parameters")) if isinstance(spec, Mapping) else None
        name = spec.get("name") if isinstance(spec, Mapping) else None
        if (
            isinstance(schema, Mapping)
            and isinstance(name, str)
            and re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", name)
        ):
            yield {
                "name": name,
                "description": str(spec.get("description") or "")[:20_000],
                "input_schema": dict(schema),
            }
        else:
            notes.append(
                f"The tool {str(name or spec.get('type', 'without a name'))[:60]} was left out: it has no schema."
            )
