"""Humanloop's ``.prompt`` and ``.agent`` files: a YAML header of model and parameters, then messages in tags, or one text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.problems import Invalid
from console.prompts.importers.base import Read
from console.prompts.importers.building import build
from console.prompts.importers.sources import structured

TITLE = "a Humanloop .prompt file"
_HEADER = re.compile(r"\s{0,200}---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_TAG = re.compile(r"^[ \t]*<(system|developer|user|assistant|tool)(?:[ \t][^<>\n]*)?>", re.MULTILINE)
_IMAGE = re.compile(r"<image\b[^<>]*>")
_CALL = re.compile(r"<tool\b[^<>]*>")
_TEXT = re.compile(r"</?text>")


def recognises(name: str, data: Any) -> bool:
    if not isinstance(data, str) or not (header := _HEADER.match(data)):
        return False
    if name.lower().endswith((".prompt", ".agent")):
        return True
    return bool(re.search(r"^model[ \t]*:", header[1], re.MULTILINE)) and (
        bool(re.search(r"^(?:endpoint|provider)[ \t]*:", header[1], re.MULTILINE))
        or bool(_TAG.search(data, header.end()))
    )


def read(name: str, data: Any) -> Iterator[Read]:
    header = _HEADER.match(data)
    if header is None:
        return
    above = "\n" * data.count("\n", 0, header.start(1))  # so that an error names the line of the file
    fields, _ = structured("header.yaml", above + header[1])
    if not isinstance(fields, Mapping):
        raise Invalid(
            "The header between the two lines --- holds no named values.",
            "It takes lines such as model: claude-sonnet-5-5.",
        )
    body = data[header.end() :].strip("\n")
    messages = list(_messages(body))
    yield build(
        TITLE,
        system="" if messages else body,
        messages=messages,
        syntax="mustache",
        config=fields,
        own=("provider", "endpoint", "template_language"),
    )


def _messages(body: str) -> Iterator[dict[str, Any]]:
    """The messages in their tags; text between them belongs to nobody and counts as the system's."""
    end = 0
    unclosed: set[str] = set()
    for opening in _TAG.finditer(body):
        role = opening[1]
        if opening.start() < end or role in unclosed:
            continue
        stop = body.find(f"</{role}>", opening.end())
        if stop < 0:
            unclosed.add(role)
            continue
        if between := body[end : opening.start()].strip():
            yield {"role": "system", "content": between}
        yield _message(role, body[opening.end() : stop])
        end = stop + len(role) + 3
    if end and (rest := body[end:].strip()):
        yield {"role": "system", "content": rest}


def _message(role: str, inside: str) -> dict[str, Any]:
    images = [{"type": "image"} for _ in _IMAGE.finditer(inside)]
    text = _TEXT.sub("", _IMAGE.sub("", inside))
    calls: list[Any] = []
    if role == "assistant" and (call := _CALL.search(text)):
        calls = _CALL.findall(text)
        text = text[: call.start()]
    content = [{"type": "text", "text": _unindented(text)}, *images]
    return {"role": role, "content": content, "tool_calls": calls}


def _unindented(text: str) -> str:
    """Without the spaces that the tag's content is set in by."""
    lines = text.strip("\n").split("\n")
    widths = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    width = min(widths, default=0)
    return "\n".join(line[width:] for line in lines).strip()
