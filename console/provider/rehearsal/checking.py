"""What the Messages API would not accept, said in its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.provider.rehearsal.model_list import BY_ID

FIELDS = {
    "model", "messages", "max_tokens", "system", "stream", "tools", "tool_choice", "stop_sequences", "output_config",
    "thinking", "metadata", "cache_control", "service_tier", "temperature", "top_p", "top_k", "container", "diagnostics",
    "inference_geo", "speed",
}  # fmt: skip
SAMPLING = ("temperature", "top_p", "top_k")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class Refused(Exception):
    """An error answer: HTTP status, the API's type of error, its message."""

    def __init__(self, message: str, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind


def check(request: Any, *, counting: bool = False) -> Mapping[str, Any]:
    """The request, or Refused."""
    if not isinstance(request, dict):
        raise Refused("body: Input should be an object")
    for name in request:
        if name not in FIELDS:
            raise Refused(f"{name}: Extra inputs are not permitted")
    _model(request)
    if not counting:
        _max_tokens(request)
    _messages(request.get("messages"))
    _system(request.get("system", ""))
    _tools(request)
    _options(request)
    return request


def _model(request: Mapping[str, Any]) -> None:
    model = request.get("model")
    if not isinstance(model, str):
        raise Refused("model: Field required" if model is None else "model: Input should be a valid string")
    if model not in BY_ID:
        raise Refused(f"model: {model}", 404, "not_found_error")


def _max_tokens(request: Mapping[str, Any]) -> None:
    given = request.get("max_tokens")
    if not isinstance(given, int) or isinstance(given, bool):
        raise Refused(
            "max_tokens: Field required" if given is None else "max_tokens: Input should be a valid integer"
        )
    most = BY_ID[request["model"]].output
    if given < 0:
        raise Refused("max_tokens: Input should be greater than or equal to 0")
    if given > most:
        raise Refused(
            f"max_tokens: {given} > {most}, which is the maximum allowed number of output tokens for {request['model']}"
        )


def _messages(messages: Any) -> None:
    if not isinstance(messages, list):
        raise Refused(
            "messages: Field required" if messages is None else "messages: Input should be a valid list"
        )
    if not messages:
        raise Refused("messages: at least one message is required")
    for index, message in enumerate(messages):
        _message(f"messages.{index}", message)
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    _tool_results(messages)


def _message(where: str, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in {"user", "assistant"}:
        raise Refused(f"{where}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    if not isinstance(content, str | list):
        raise Refused(f"{where}.content: Field required")
    if not content:
        raise Refused(f"{where}: user messages must have non-empty content")
    for number, block in enumerate(content if isinstance(content, list) else ()):
        _block(f"{where}.content.{number}", block)


def _block(where: str, block: Any) -> None:
    known = {
        "text": "text",
        "tool_use": "input",
        "tool_result": "tool_use_id",
        "thinking": "thinking",
        "redacted_thinking": "data",
    }
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in known:
        raise Refused(
            f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected tags: {', '.join(known)}"
        )
    if known[kind] not in block:
        raise Refused(f"{where}.{kind}.{known[kind]}: Field required")
    if kind == "text" and (not isinstance(block["text"], str) or not block["text"].strip()):
        raise Refused(f"{where}: text content blocks must contain non-whitespace text")


def _tool_results(messages: list[Mapping[str, Any]]) -> None:
    """Every tool use is answered in the next message, and nothing else is."""
    open_ids: set[str] = set()
    for index, message in enumerate(messages):
        blocks = message["content"] if isinstance(message["content"], list) else []
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered - open_ids:
            raise Refused(
                f"messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {min(answered - open_ids)}"
            )
        if open_ids - answered:
            raise Refused(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {min(open_ids - answered)}"
            )
        open_ids = {block["id"] for block in blocks if block["type"] == "tool_use"}


def _system(system: Any) -> None:
    if isinstance(system, str):
        return
    if not isinstance(system, list) or not all(
        isinstance(block, dict) and isinstance(block.get("text"), str) for block in system
    ):
        raise Refused("system: Input should be a valid string or a list of text blocks")


def _tools(request: Mapping[str, Any]) -> None:
    names: set[str] = set()
    for index, tool in enumerate(request.get("tools", ())):
        name = tool.get("name") if isinstance(tool, dict) else None
        if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
            raise Refused(f"tools.{index}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if name in names:
            raise Refused("tools: Tool names must be unique.")
        names.add(name)
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise Refused(f"tools.{index}.input_schema.type: Field required")
        extra = set(tool) - {"name", "description", "input_schema", "type", "cache_control", "strict"}
        if extra:
            raise Refused(f"tools.{index}.{min(extra)}: Extra inputs are not permitted")
    chosen = request.get("tool_choice", {}).get("name")
    if chosen and chosen not in names:
        raise Refused(f"tool_choice: Tool '{chosen}' not found in provided tools")


def _options(request: Mapping[str, Any]) -> None:
    model = BY_ID[request["model"]]
    for name in SAMPLING:
        if request.get(name) not in (None, 1, 1.0):
            raise Refused(f"{name}: this model does not accept sampling parameters")
    effort = request.get("output_config", {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        raise Refused(f"output_config.effort: Input should be {', '.join(map(repr, EFFORTS))}")
    if effort is not None and effort not in model.effort:
        raise Refused("This model does not support the effort parameter.")
    thinking = request.get("thinking", {}).get("type")
    if thinking is not None and thinking not in model.thinking:
        raise Refused(f"thinking.type: {thinking!r} is not supported by {model.id}")
    if thinking == "enabled" and not 1024 <= request["thinking"].get("budget_tokens", 0) < request.get(
        "max_tokens", 0
    ):
        raise Refused("thinking.budget_tokens: Input should be at least 1024 and less than max_tokens")
    for index, stop in enumerate(request.get("stop_sequences", ())):
        if not isinstance(stop, str) or not stop.strip():
            raise Refused(f"stop_sequences.{index}: each stop sequence must contain non-whitespace")
