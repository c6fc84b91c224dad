"""Whatever is sent to whatever address: a sentence, never a fault. The addresses and the fields come from the console."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.urls import resolve

from tests.access.probes import Asker
from tests.access.routes import Route, routes
from tests.access.table import TABLE, Door, Rule
from tests.access.world import make_world

DEEP = 20_000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
HOSTILE = (
    "\x00",
    "a\x00b",
    "\ufffe\uffff",
    "9" * 400,
    "-1",
    "1e999",
    "²",
    "٣",
    "NaN",
    "[" * DEEP,
    '{"a":' * DEEP,
    "- " * DEEP,
    BOMB,
    "draft: 1\nsections: !!python/object/apply:os.system [id]\n",
    "draft: 1\nslug: a\nsections: {}\nsettings: []\nvariables: 7\ntools: {a: b}\n",
    '"\\ud800"',
    '{"id": "x", "turns": [{"user": "\\ud800"}], "expect": []}',
    "{{" * 5_000,
    "%s%n{0}{x.__class__}",
    "../../etc/passwd",
    "a\r\nSet-Cookie: x=1",
    "\u202e\u2066\U000e0041",
    "(a+)+$" + "a" * 5_000,
    "x" * 300_000,
)
RAW = ("%", "%ED%A0%80=%00&&&=", "a=%C0%AF&b=%F4%90%80%80", "a[b][c]=1;d=2", "=" * 3_000)
FIELD = re.compile(r"""(?:POST|GET|data|form|typed)(?:\.get|\.getlist)?[(\[]\s*["']([\w.-]+)["']""")
ROUTES = {
    route.name: route
    for route in routes()
    if route.name in TABLE and TABLE[route.name].door is not Door.TOKEN
}


@pytest.fixture(scope="module")
def asker(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Asker]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Asker(make_world())
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def database(
    asker: Asker, django_db_blocker: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    # The session says once a minute when it was seen, in whichever request that falls.
    monkeypatch.setattr("console.accounts.sessions.TICK", 1e9)
    with django_db_blocker.unblock():
        yield


def fields(url: str, rule: Rule) -> list[str]:
    """The names that the view's module reads from forms."""
    module = inspect.getmodule(inspect.unwrap(resolve(url).func))
    return sorted({*FIELD.findall(inspect.getsource(module)), *rule.body, "version", "title", "source"})


def few(names: list[str]) -> Iterator[str]:
    """What has most often been a fault, two of it in each field, another one beside it; ``many`` tries all of it."""
    faults = ("a\x00b", "9" * 400, "²", "draft: [", "x" * 20_000)
    for first in (0, 2):
        yield urlencode(dict(zip(names, islice(cycle(faults), first, None), strict=False)))


def many(names: list[str]) -> Iterator[str]:
    """Every hostile value in all fields at once, and in each field alone beside values that pass."""
    for value in HOSTILE:
        yield urlencode(dict.fromkeys(names, value), errors="surrogatepass")
    for name, value in zip(names, cycle(HOSTILE), strict=False):
        yield urlencode({**dict.fromkeys(names, "1"), name: value}, errors="surrogatepass")
    yield from RAW


def faults(
    asker: Asker, route: Route, rule: Rule, bodies: Callable[[list[str]], Iterator[str]]
) -> Iterator[str]:
    client, url = asker.as_(asker.world.everything), route.url(asker.world, {})
    names = fields(url, rule)
    for verb in rule.verbs:
        for body in bodies(names):
            sent = url if verb == "POST" else f"{url}?{body[:60_000]}"
            answer = asker.send(client, verb, sent, body if verb == "POST" else "")
            if answer.status_code >= 500 and answer.status_code != 503:
                yield f"{verb} {route.name}: {answer.status_code} for {body[:80]!r}"


@pytest.mark.parametrize("name", ROUTES)
def test_what_is_often_a_fault_is_none(asker, name):
    found = list(faults(asker, ROUTES[name], TABLE[name], few))
    assert not found, "\n".join(found)


@pytest.mark.chaos
@pytest.mark.parametrize("name", ROUTES)
def test_nothing_that_is_sent_is_a_fault(asker, name):
    found = list(faults(asker, ROUTES[name], TABLE[name], many))
    assert not found, "\n".join(found[:12])


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF", "..%2F", quote("\u202e")])
def test_no_name_in_an_address_is_a_fault(asker, value):
    client = asker.as_(asker.world.everything)
    for route in ROUTES.values():
        for name in re.findall(r"<str:(\w+)>", route.pattern):
            own = route.url(asker.world, {})
            url = re.sub(rf"(?<=/){re.escape(own.rstrip('/').rsplit('/', 1)[-1])}(?=/?$)", value, own)
            assert asker.send(client, "GET", url).status_code < 500, f"{route.name} {name}"


KINDS = (
    ("application/json", "[" * DEEP),
    ("application/json", '{"title": "\\ud800\\u0000"}'),
    (
        "multipart/form-data; boundary=x",
        '--x\r\nContent-Disposition: form-data; name="file"; filename="\\0.yaml"\r\n',
    ),
    ("multipart/form-data", "no boundary"),
    ("text/plain; charset=nonsense", "a=b"),
)


def test_no_kind_of_body_is_a_fault(asker):
    """What reads a body stands before all views, so that each address meets one kind and each kind many addresses."""
    client = asker.as_(asker.world.everything)
    writing = [name for name in ROUTES if "POST" in TABLE[name].verbs]
    for name, (kind, body) in zip(writing, cycle(KINDS), strict=False):
        answer = asker.send(client, "POST", ROUTES[name].url(asker.world, {}), body, kind=kind)
        assert answer.status_code < 500 or answer.status_code == 503, f"{name}: {answer.status_code}, {kind}"


def test_what_is_too_large_is_refused_before_it_is_read(asker, settings):
    client = asker.as_(asker.world.everything)
    body = urlencode({"source": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)})
    for name in ("prompts:import", "trials:new-suite", "prompts:save"):
        answer = asker.send(client, "POST", ROUTES[name].url(asker.world, {}), body)
        assert answer.status_code == 413
        assert b"larger than" in answer.content
