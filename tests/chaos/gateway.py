"""LiteLLM's proxy, from PyPI in a venv of its own: an implementation of the Messages API that is not ours.

Behind it a small server speaks OpenAI's chat completions, so that every message, event and tool call that reaches us
was written by LiteLLM's own translation. ``REMIT_LITELLM=/path/to/litellm`` uses one that is installed already.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from console.embedded.processes import wait_until

KEY = "sk-gateway-1234"
MODEL = "claude-sonnet-5-5"
SAYS = "A transfer within Europe is free and takes one day."


class NotInstallable(Exception):
    """LiteLLM cannot be had here; the message says why."""


@dataclass
class Upstream:
    """What the gateway was asked to pass on."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def upstream() -> Iterator[Upstream]:
    """A model that freezes a card when it is told to, and else says the same sentence."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Completions)
    server.upstream = Upstream(f"http://127.0.0.1:{server.server_port}/v1")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.upstream  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class _Completions(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.upstream.asked.append(asked)  # type: ignore[attr-defined]
        message = _message(asked)
        body, kind = (
            (_events(message), "text/event-stream")
            if asked.get("stream")
            else (_whole(message), "application/json")
        )
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _message(asked: dict[str, Any]) -> dict[str, Any]:
    last = asked["messages"][-1]
    if asked.get("tools") and last["role"] == "user" and "reeze" in json.dumps(last["content"]):
        call = {
            "id": "call_1",
            "type": "function",
            "function": {"name": "freeze_card", "arguments": '{"card": "81"}'},
        }
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": "The card is frozen." if last["role"] == "tool" else SAYS}


def _reason(message: dict[str, Any]) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def _whole(message: dict[str, Any]) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": _reason(message)}
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52}
    return json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


_HEAD = {"id": "chatcmpl-1", "created": 1, "model": "upstream"}


def _events(message: dict[str, Any]) -> bytes:
    words = [word + " " for word in (message["content"] or "").split()]
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        *({"content": word} for word in words),
    ]
    if calls := message.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": 0, **calls[0]}]})
    chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks.append({"index": 0, "delta": {}, "finish_reason": _reason(message)})
    lines = [json.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [chunk]}) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


@contextmanager
def litellm(folder: Path, behind: Upstream) -> Iterator[str]:
    """The proxy's address. Raises NotInstallable."""
    program = _program(folder)
    port = _free_port()
    config = folder / "litellm.json"
    parameters = {"model": "openai/upstream", "api_base": behind.url, "api_key": "unused"}
    # YAML is a superset of JSON, which is how the proxy reads it.
    # What is behind speaks chat completions; by itself the proxy would ask it in the form of OpenAI's Responses.
    settings = {"use_chat_completions_url_for_anthropic_messages": True}
    models = [{"model_name": MODEL, "litellm_params": parameters}]
    config.write_text(json.dumps({"model_list": models, "litellm_settings": settings}))
    environment = os.environ | {
        "LITELLM_MASTER_KEY": KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would fetch its prices from the network
        "LITELLM_TELEMETRY": "False",
    }
    environment.pop("DATABASE_URL", None)  # it would take ours for its own
    log = (folder / "litellm.log").open("wb")
    process = subprocess.Popen(
        [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        if not wait_until(lambda: _is_alive(url) or process.poll() is not None, within=180) or process.poll():
            raise NotInstallable(f"the proxy does not start: {(folder / 'litellm.log').read_text()[-800:]}")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _program(folder: Path) -> str:
    if given := os.environ.get("REMIT_LITELLM"):
        return given
    target = folder / "venv"
    venv.create(target, with_pip=True)
    tool = shutil.which("uv", path=str(Path(sys.executable).parent))
    python = str(target / "bin" / "python")
    pip = (
        [tool, "pip", "install", "--quiet", "--python", python]
        if tool
        else [python, "-m", "pip", "install", "-q"]
    )
    done = subprocess.run([*pip, "litellm[proxy]"], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise NotInstallable(f"pip cannot install litellm[proxy]: {done.stderr.strip()[-400:]}")
    return str(target / "bin" / "litellm")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _is_alive(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/liveliness", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
