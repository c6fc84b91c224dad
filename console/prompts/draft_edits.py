"""Edits of a draft's shape by a button of the form: without scripts each is a save and a new page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from console.problems import Invalid

Content = dict[str, Any]


def edit(content: Mapping[str, Any], do: str) -> tuple[Content, str]:
    """Carry out ``verb:argument``; returns the new content and the anchor to go to. Raises Invalid."""
    verb, _, argument = do.partition(":")
    if verb not in _EDITS:
        raise Invalid(f"There is no edit called “{verb[:40]}”.", "Reload the page.")
    return _EDITS[verb](dict(content), argument)


def _add_section(content: Content, kind: str) -> tuple[Content, str]:
    id = _free_name(kind, [section["id"] for section in content["sections"]], "-")
    body = {"include": {"snippet": "", "at": ""}} if kind == "snippet" else {"kind": kind, "text": ""}
    content["sections"] = [*content["sections"], {"id": id, **body}]
    return content, f"section-{id}"


def _remove_section(content: Content, id: str) -> tuple[Content, str]:
    content["sections"] = [section for section in content["sections"] if section["id"] != id]
    return content, "prompt"


def _move_section(step: int) -> Callable[[Content, str], tuple[Content, str]]:
    def move(content: Content, id: str) -> tuple[Content, str]:
        sections = list(content["sections"])
        at = next((index for index, section in enumerate(sections) if section["id"] == id), None)
        if at is not None and 0 <= at + step < len(sections):
            sections[at], sections[at + step] = sections[at + step], sections[at]
        content["sections"] = sections
        return content, f"section-{id}"

    return move


def _add_variable(content: Content, name: str) -> tuple[Content, str]:
    variables = content.get("variables", {})
    name = name or _free_name("variable", variables, "_")
    content["variables"] = {**variables, name: variables.get(name, {})}
    return content, "variables"


def _remove_variable(content: Content, name: str) -> tuple[Content, str]:
    content["variables"] = {key: value for key, value in content.get("variables", {}).items() if key != name}
    return content, "variables"


def _add_tool(content: Content, _: str) -> tuple[Content, str]:
    tools = content.get("tools", [])
    name = _free_name("tool", [tool["name"] for tool in tools], "_")
    content["tools"] = [*tools, {"name": name}]
    return content, "tools"


def _remove_tool(content: Content, name: str) -> tuple[Content, str]:
    content["tools"] = [tool for tool in content.get("tools", []) if tool["name"] != name]
    return content, "tools"


def _set(content: Content, argument: str) -> tuple[Content, str]:
    id, _, value = argument.partition("=")
    content["settings"] = {**content.get("settings", {}), id: {"value": value}}
    return content, "findings"


def _rename_setting(content: Content, argument: str) -> tuple[Content, str]:
    """What another version of the policy calls otherwise keeps its value, unless the new name has one already."""
    old, _, new = argument.partition("=")
    for part in _BY_ID:
        stated = dict(content.get(part, {}))
        if old in stated:
            value = stated.pop(old)
            content[part] = {**stated, new: stated.get(new, value)}
    return content, "findings"


def _forget_setting(content: Content, id: str) -> tuple[Content, str]:
    for part in _BY_ID:
        if id in content.get(part, {}):
            content[part] = {key: value for key, value in content[part].items() if key != id}
    return content, "findings"


_BY_ID = ("settings", "grants")  # parts of a draft that are kept by the ids of the policy


def _free_name(stem: str, taken: Any, joint: str) -> str:
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}{joint}{number}" in taken:
        number += 1
    return f"{stem}{joint}{number}"


_EDITS: dict[str, Callable[[Content, str], tuple[Content, str]]] = {
    "add-section": _add_section,
    "remove-section": _remove_section,
    "section-up": _move_section(-1),
    "section-down": _move_section(1),
    "add-variable": _add_variable,
    "remove-variable": _remove_variable,
    "add-tool": _add_tool,
    "remove-tool": _remove_tool,
    "set": _set,
    "rename-setting": _rename_setting,
    "forget-setting": _forget_setting,
}
