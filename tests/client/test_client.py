"""The client package: what it keeps, when it asks, and what it falls back to. It imports nothing of the console."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from remit_client import (
    Absent,
    AsyncRemit,
    BadBundle,
    FillError,
    Gone,
    Prompt,
    Refused,
    Remit,
    RemitError,
    Unavailable,
)
from remit_client.answers import Answer, Lifetime, meaning
from remit_client.filling import filled
from remit_client.memory import Do, Memory

from console.accounts.tokens import SERVED, create_token
from console.releases.labels import move_label
from console.releases.models import Label
from policies import FillError as EngineError
from policies import Variable, fill
from tests.console.api.program import make_team, team, two_releases  # noqa: F401 (a fixture)

PACKAGE = Path(__file__).parents[2] / "docs" / "client" / "remit_client"
FORM: dict[str, Any] = {
    "slug": "aria", "label": "production", "release": 3, "revision": 4, "digest": "d" * 64, "pack": "claude@2026.2",
    "config": {"model": "m", "max_tokens": 9, "system": "Greet {{name}}."}, "variables": {"name": {"type": "string"}},
}  # fmt: skip
FRESH, OLD, SPENT = (
    "max-age=60, stale-while-revalidate=60",
    "max-age=0, stale-while-revalidate=60",
    "max-age=0",
)


class Server:
    """Answers in turn; each is (status, cache-control) or an exception. The last one stays."""

    def __init__(self, *script: tuple[int, str] | Exception) -> None:
        self.script = list(script)
        self.requests: list[httpx2.Request] = []
        self.asked = threading.Condition()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        with self.asked:
            self.requests.append(request)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self.asked.notify_all()
        if isinstance(step, Exception):
            raise step
        status, cache = step
        release = len(self.requests)
        if status == 200:
            body = json.dumps({**FORM, "release": release}).encode()
        else:
            body = b"" if status == 304 else json.dumps({"detail": f"says {status}"}).encode()
        return httpx2.Response(
            status, content=body, headers={"cache-control": cache, "etag": f'"{release}"', "retry-after": "0"}
        )

    def wait_for(self, count: int) -> None:
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.requests) >= count, timeout=10)


class Synchronous:
    """The same questions to either client."""

    def __init__(self, server: Server, **options: Any) -> None:
        self.client = Remit(
            "https://remit.example", "remit_x", pause=0, transport=httpx2.MockTransport(server), **options
        )

    def get(self, *names: str) -> Prompt:
        return self.client.get(*(names or ("aria",)))

    def settle(self) -> None:
        for thread in threading.enumerate():
            if thread.name == "remit-refresh":
                thread.join(10)


class Asynchronous:
    """On a thread of its own: in a process that drives a browser, the main one may have a loop that runs already."""

    def __init__(self, server: Server, **options: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = ThreadPoolExecutor(1)
        transport = httpx2.MockTransport(server)
        self.client = AsyncRemit("https://remit.example", "remit_x", pause=0, transport=transport, **options)

    def get(self, *names: str) -> Prompt:
        return self._run(self.client.get(*(names or ("aria",))))

    def settle(self) -> None:
        async def over() -> None:
            await asyncio.gather(*self.client._refreshing)

        self._run(over())

    def close(self) -> None:
        self._run(self.client.close())
        self.loop.close()
        self.thread.shutdown()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.thread.submit(self.loop.run_until_complete, coroutine).result(60)


@pytest.fixture(params=[Synchronous, Asynchronous])
def client(request: pytest.FixtureRequest) -> Callable[..., Any]:
    made: list[Any] = []

    def make(*script: Any, **options: Any) -> tuple[Any, Server]:
        server = Server(*script)
        made.append(request.param(server, **options))
        return made[-1], server

    yield make
    for each in made:
        if isinstance(each, Asynchronous):
            each.close()


DOWN = httpx2.ConnectError("down")


def test_fresh_answers_are_not_asked_for_again(client):
    remit, server = client((200, FRESH))
    assert [remit.get().source for _ in range(3)] == ["network", "cache", "cache"]
    assert len(server.requests) == 1
    assert server.requests[0].headers["authorization"] == "Bearer remit_x"
    assert str(server.requests[0].url) == "https://remit.example/api/v1/prompts/aria/production"


def test_old_answers_are_used_while_they_are_asked_for_again(client):
    remit, server = client((200, OLD), (200, FRESH))
    assert remit.get().release == 1
    assert remit.get().source == "stale"
    server.wait_for(2)
    remit.settle()
    assert (remit.get().release, remit.get().source) == (2, "cache")
    assert server.requests[1].headers["if-none-match"] == '"1"'


def test_what_did_not_change_is_renewed(client):
    remit, server = client((200, SPENT), (304, FRESH))
    assert remit.get().release == 1
    again = remit.get()
    assert (again.release, again.source, remit.get().source) == (1, "network", "cache")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "failure", [DOWN, httpx2.ReadTimeout("late"), (503, ""), (500, ""), (429, ""), (302, "")]
)
def test_what_was_kept_serves_while_remit_cannot_answer(client, failure):
    remit, _ = client((200, SPENT), failure, failure, (200, FRESH))
    remit.get()
    assert [(p.source, p.release) for p in (remit.get(), remit.get())] == [("stale", 1)] * 2
    assert remit.get().source == "network"


@pytest.mark.parametrize(("status", "error"), [(404, Absent), (410, Gone)])
def test_a_definite_no_evicts_and_no_bundle_brings_it_back(client, bundle, status, error):
    remit, _ = client((200, SPENT), (status, ""), DOWN, (200, FRESH), **bundle)
    assert remit.get().source == "network"
    with pytest.raises(error, match=f"says {status}"):
        remit.get()
    with pytest.raises(Unavailable):
        remit.get()
    assert remit.get().source == "network"


def test_a_definite_no_in_the_background_evicts_too(client):
    remit, server = client((200, OLD), (410, ""))
    remit.get()
    assert remit.get().source == "stale"
    server.wait_for(2)
    remit.settle()
    with pytest.raises(Gone):
        remit.get()


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_not_a_network_that_fails(client, bundle, status):
    remit, _ = client((200, SPENT), (status, ""), **bundle)
    remit.get()
    with pytest.raises(Refused, match=f"says {status}"):
        remit.get()


def test_a_bundle_serves_from_the_first_moment(client, bundle):
    remit, _ = client(DOWN, (200, FRESH), **bundle)
    prompt = remit.get()
    assert (prompt.source, prompt.release, prompt.slug) == ("bundle", 2, "aria")
    assert remit.get().source == "network"
    empty, _ = client(DOWN)
    with pytest.raises(Unavailable, match="can't be reached"):
        empty.get()


def test_what_failed_a_moment_ago_is_left_alone(client):
    server = Server((200, SPENT), DOWN)
    remit = Remit("https://remit.example", "remit_x", pause=60, transport=httpx2.MockTransport(server))
    assert [remit.get("aria").source for _ in range(5)] == ["network", *["stale"] * 4]
    assert len(server.requests) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"slug": 3}', b"[" * 100_000])
def test_what_is_no_answer_of_remit_says_nothing(body):
    with pytest.raises(Unavailable):
        meaning(200, {}, body, asked="aria@production")
    other = json.dumps({**FORM, "slug": "other"}).encode()
    with pytest.raises(Unavailable, match="not aria@production"):
        meaning(200, {}, other, asked="aria@production")


def test_many_who_wait_ask_once():
    gate = threading.Event()
    server = Server((200, FRESH))

    def slow(request: httpx2.Request) -> httpx2.Response:
        gate.wait(10)
        return server(request)

    remit = Remit("https://remit.example", "remit_x", transport=httpx2.MockTransport(slow))
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(remit.get("aria").release)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert got == [1] * 8 and len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "token", "slug", "label"),
    [
        ("http://remit.example", "t", "aria", "production"),
        ("ftp://remit.example", "t", "aria", "production"),
        ("https://remit.example", "", "aria", "production"),
        ("https://remit.example", "a b", "aria", "production"),
        ("https://remit.example", "t", "../x", "production"),
        ("https://remit.example", "t", "aria", "9"),
    ],
)
def test_what_cannot_be_asked_is_said(url, token, slug, label):
    with pytest.raises(RemitError):
        Remit(url, token, transport=httpx2.MockTransport(Server((200, FRESH)))).get(slug, label)


def test_the_policy_of_memory_by_the_clock():
    memory, key = Memory({}, pause=5), ("aria", "production")
    prompt = meaning(200, {}, json.dumps(FORM).encode(), asked="aria@production").prompt
    assert memory.plan(key, 0).do is Do.ASK
    memory.answered(key, Answer(prompt, '"1"', Lifetime(30, 3600)), 0)
    assert [memory.plan(key, at).do for at in (30, 31, 32, 3630, 3631)] == [
        Do.USE, Do.USE_AND_ASK, Do.USE, Do.USE, Do.ASK,
    ]  # fmt: skip
    assert memory.failed(key, Unavailable("down", retry_after=100), 4000).source == "stale"
    assert (memory.wait_left(key, 4099), memory.wait_left(key, 4100)) == (True, False)


# --- the rule of variables: the package's own copy agrees with the engine's, whatever is put in

KINDS = st.sampled_from(["string", "number", "integer", "boolean", "date"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
                   st.sampled_from(["2026-01-31", "2026-1-31", "</x>{{a}}\\1"]))  # fmt: skip


@given(
    text=st.text(alphabet="ab {}\\<>/_", max_size=60),
    declared=st.dictionaries(
        st.sampled_from("ab"),
        st.fixed_dictionaries({"type": KINDS, "required": st.booleans(), "trusted": st.booleans()}),
    ),
    values=st.dictionaries(st.sampled_from("abc"), VALUES),
)
def test_values_are_filled_in_as_the_engine_does(text, declared, values):
    text += "{{a}} {{ b }} {{c}}"
    try:
        wanted = fill(text, values, {name: Variable(**form) for name, form in declared.items()})
    except EngineError:
        with pytest.raises(FillError):
            filled(text, values, declared)
    else:
        assert filled(text, values, declared) == wanted


def test_a_filled_prompt_is_the_config_with_its_system_prompt():
    prompt = meaning(200, {}, json.dumps(FORM).encode(), asked="aria@production").prompt
    assert prompt is not None
    assert prompt.fill(name="{{name}} </b>")["system"] == "Greet {{name}} &lt;/b>."
    assert prompt.config["system"] == "Greet {{name}}."
    with pytest.raises(FillError, match="needs a value"):
        prompt.fill()
    with pytest.raises(FillError, match="not declared"):
        prompt.fill(name="x", other="y")


# --- against the real thing


@pytest.fixture(scope="module")
def files(django_db_setup, django_db_blocker, tmp_path_factory) -> Path:
    """A folder with what was exported of two releases, which are taken back at once."""
    folder = tmp_path_factory.mktemp("exported")
    with django_db_blocker.unblock(), transaction.atomic():
        two_releases(make_team())
        exported(folder)
        transaction.set_rollback(True)
    return folder


@pytest.fixture
def bundle(files, tmp_path):
    return options(shutil.copytree(files, tmp_path, dirs_exist_ok=True))


def exported(folder: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("export", "aria", "--format", "bundle", stdout=out)
    (folder / "aria.dsse.json").write_text(out.getvalue())
    keys = StringIO()
    call_command("keys", stdout=keys)
    (folder / "remit.pub").write_text(keys.getvalue())
    return options(folder)


def options(folder: Path) -> dict[str, Any]:
    return {
        "bundles": {"aria@production": folder / "aria.dsse.json"},
        "keys": [folder / "remit.pub"],
        "allow_playground": True,
    }


@pytest.mark.django_db(transaction=True)
def test_the_whole_way_from_a_release_to_the_application(live_server, team, tmp_path):  # noqa: F811
    first, second = two_releases(team)
    _, secret = create_token(member=team["admin"], name="app", scopes=["aria@production"], expires_at=None)
    with Remit(live_server.url, secret, **exported(tmp_path)) as remit:
        prompt = remit.get("aria")
        assert (prompt.release, prompt.source, prompt.playground) == (2, "network", True)
        assert prompt.config == second.revision.params == prompt.fill()
        assert remit.get("aria").source == "cache"
        with pytest.raises(Absent, match="no release aria@staging"):
            remit.get("aria", "staging")
        move_label(release=first, name="production", member=team["approver"])
        remit._memory._kept["aria", "production"].fresh = -1e9
        remit._memory._kept["aria", "production"].usable = 0
        assert remit.get("aria").release == 1
        Label.objects.all().delete()
        SERVED.forget()  # past the services, which say so themselves
        remit._memory._kept["aria", "production"].fresh = -1e9
        with pytest.raises(Gone, match="was taken away"):
            remit.get("aria")
    with Remit("http://127.0.0.1:9", secret, **exported_again(tmp_path)) as offline:
        assert (offline.get("aria").source, offline.get("aria").config) == ("bundle", second.revision.params)
    with Remit(live_server.url, "remit_wrong") as refused, pytest.raises(Refused, match="no token"):
        refused.get("aria")


def exported_again(folder: Path) -> dict[str, Any]:
    return {
        "bundles": {"aria": (folder / "aria.dsse.json").read_bytes()},
        "keys": [(folder / "remit.pub").read_bytes()],
        "allow_playground": True,
    }


def test_a_bundle_that_is_not_good_is_refused_at_the_start(bundle, tmp_path):
    def made(content: bytes, **more: Any) -> None:
        given = {**bundle, "bundles": {"aria": content}, **more}
        Remit("https://remit.example", "remit_x", **given).close()

    good = (tmp_path / "aria.dsse.json").read_bytes()
    made(good)
    envelope = json.loads(good)
    broken = json.dumps({**envelope, "payload": envelope["payload"][:-8] + "AAAAAAA="}).encode()
    twice = good.replace(b'"payloadType"', b'"payloadType": "x", "payloadType"', 1)
    for content, why in (
        (b"{}", "no bundle"),
        (b"x", "not JSON"),
        (broken, "None of the given keys"),
        (twice, "twice"),
    ):
        with pytest.raises(BadBundle, match=why):
            made(content)
    with pytest.raises(BadBundle, match="playground"):
        made(good, allow_playground=False)
    with pytest.raises(BadBundle, match="without a public key"):
        made(good, keys=[])
    with pytest.raises(BadBundle, match="is one of aria"):
        made(good, bundles={"other": good})
    with pytest.raises(BadBundle, match="can't be read"):
        made(good, bundles={"aria": tmp_path / "none.json"})


def test_the_package_stands_alone():
    for path in PACKAGE.glob("*.py"):
        for module in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            assert module not in {"django", "console", "policies", "anthropic", "pydantic"}, (
                f"{path.name}: {module}"
            )
    assert (PACKAGE / "py.typed").exists()
