"""What may leak, asked of one address at a time. Each probe yields sentences; none = nothing leaks.

Probes take the route and its rule, so that the tests try them on planted leaks too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.core.signals import request_finished
from django.db import close_old_connections, connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Membership, User
from console.accounts.permissions import Action, can
from tests.access.routes import Route
from tests.access.table import Door, Rule
from tests.access.world import ABSENT, CANARY, FOREIGN, OWN, WORKSPACES, World

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRITES = re.compile(
    r'^\s*(?:WITH\b.*?\b)?(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE | re.DOTALL
)
# What differs in every answer: the masked token of a form, a request's id, how many may follow.
VARIES = re.compile(r"\b[A-Za-z0-9]{64}\b")
FORM = "application/x-www-form-urlencoded"
UNIQUE_HEADERS = {"x-request-id", "set-cookie", "ratelimit"}


@dataclass(frozen=True)
class Said:
    """An answer without the words of the question."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    length: int

    def __str__(self) -> str:
        return f"{self.status}, {self.length} bytes"


class Quiet(Client):
    """Django's client copies the context of every template that is rendered; here nobody reads them."""

    def request(self, **request: Any) -> Any:
        response = self.handler(self._base_environ(**request))
        self.cookies.update(response.cookies)
        return response


class Asker:
    """Sends requests as somebody, each in a savepoint that is rolled back: no probe sees what another one did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked = 0
        self._clients: dict[int, Client] = {}

    def as_(self, who: Membership | None) -> Client:
        key = who.user_id if who else 0
        if key not in self._clients:
            self._clients[key] = Quiet()
            if who:
                self._clients[key].force_login(User.objects.get(pk=who.user_id))
                _show_password(self._clients[key], who)
        return self._clients[key]

    def ask(
        self, client: Client, verb: str, url: str, data: dict[str, str] | None = None, **headers: str
    ) -> HttpResponseBase:
        return self.send(client, verb, url, urlencode(data or {}), **headers)

    def send(
        self, client: Client, verb: str, url: str, body: str = "", kind: str = FORM, **headers: str
    ) -> HttpResponseBase:
        self.asked += 1
        cookies = client.cookies.copy()
        with transaction.atomic():
            answer = client.generic(verb, url, body, content_type=kind, headers=headers)
            if answer.streaming:
                _close(answer)
            transaction.set_rollback(True)
        client.cookies = cookies  # a message to the next page would make it differ
        return answer


def _show_password(client: Client, who: Membership) -> None:
    """As if just typed again: what asks for it would else send everybody away before it looks."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(who.user_id)
    session.save()


def _close(answer: HttpResponseBase) -> None:
    """Free the stream's place without ending the connection, which holds the transaction of the world."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


def said(answer: HttpResponseBase, *words: str) -> Said:
    body = "" if answer.streaming else answer.content.decode(errors="replace")  # type: ignore[attr-defined]
    length = len(body)
    headers = [(k, v) for k, v in answer.items() if k.lower() not in UNIQUE_HEADERS]
    for word in (word for word in sorted(words, key=len, reverse=True) if len(word) > 2):
        asked_for = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        body = asked_for.sub("…", body)
        headers = [(k, asked_for.sub("…", v)) for k, v in headers]
    return Said(answer.status_code, tuple(sorted(headers)), VARIES.sub("", body), length)


def choices(route: Route, world: World) -> Iterator[tuple[str, ...]]:
    """Which of the objects in an address are foreign: each alone, then all.

    What is numbered within another object (a prompt's revisions) is foreign by that object only.
    """
    kinds = list(dict.fromkeys(kind for _, kind in route.kinds if kind in world.ids))
    for kind in kinds:
        if world.ids[kind][OWN] != world.ids[kind][FOREIGN]:
            yield (kind,)
    if len(kinds) > 1:
        yield tuple(kinds)


def foreign_is_absent(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    """Of a foreign workspace and a foreign object one learns what one learns of none: nothing."""
    client, world = asker.as_(asker.world.everything), asker.world
    chosen: list[tuple[str, tuple[str, ...]]] = [(OWN, kinds) for kinds in choices(route, world)]
    if "<slug:workspace>" in route.pattern:
        every = tuple(kind for _, kind in route.kinds)
        chosen += [(FOREIGN, ()), (FOREIGN, every)]
    for verb, (space, kinds) in product(rule.verbs, chosen):
        told = []
        for which in (FOREIGN, ABSENT):
            values = dict.fromkeys(kinds, which)
            url = route.url(world, values, which if space == FOREIGN else OWN)
            answer = asker.ask(client, verb, _with_query(url, rule, world, verb), _body(rule, world, verb))
            told.append(said(answer, url, *_words(world, kinds, which), WORKSPACES[which]))
        if told[0] != told[1]:
            what = " and ".join(kinds) or "workspace"
            yield f"{verb} {route.name}: a foreign {what} says {told[0]}, an absent one {told[1]}"
        if kinds and space == OWN and told[0].status < 400 and "prompts" in kinds:
            yield f"{verb} {route.name}: a foreign prompt answers {told[0]}"
        yield from _no_canary(told[0].body, verb, route)


def ids_inside(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    """Ids in a query or a body: a foreign one is as good as none."""
    client, world = asker.as_(asker.world.everything), asker.world
    for verb in rule.verbs:
        text = rule.query if verb == "GET" else " ".join(rule.body.values())
        kinds = tuple(kind for kind in re.findall(r"\{(\w+)\}", text))
        if not kinds or (verb == "GET" and not rule.query):
            continue
        told = []
        for which in (FOREIGN, ABSENT):
            url = _with_query(route.url(world, {}), rule, world, verb, which)
            answer = asker.ask(client, verb, url, _body(rule, world, verb, which))
            told.append(said(answer, *_words(world, kinds, which)))
        if told[0] != told[1]:
            yield f"{verb} {route.name}: in what is sent a foreign {kinds[0]} says {told[0]}, an absent one {told[1]}"
        yield from _no_canary(told[0].body, verb, route)


def roles(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    """Whoever has the role gets in, everybody else is refused by 403 before anything of the form is looked at."""
    world = asker.world
    for verb, action in rule.verbs.items():
        for name, member in _asked(world, verb, action):
            url = _with_query(route.url(world, {}), rule, world, verb)
            answer = asker.ask(asker.as_(member), verb, url, _body(rule, world, verb))
            yield from _let_in(answer, verb, route, rule, name, member)


def _let_in(
    answer: HttpResponseBase, verb: str, route: Route, rule: Rule, name: str, member: Membership
) -> Iterator[str]:
    """Whether the answer is what the role may have."""
    action = rule.verbs[verb]
    status, allowed = answer.status_code, action is None or can(member, action)
    mine = rule.private and name != "everything"
    if status >= 500 and status != 503:  # 503: a part that it needs is not set up
        yield f"{verb} {route.name}: breaks ({status}) for the role {name}"
    elif allowed and (
        status == 405 or (status == 403 and not rule.asked_only) or (status == 404 and not mine)
    ):
        yield f"{verb} {route.name}: the role {name} may, but gets {status}"
    elif not allowed and status != 403 and not (mine and status == 404):
        yield f"{verb} {route.name}: the role {name} may not, but gets {status} instead of 403"
    if not answer.streaming:
        yield from _no_canary(answer.content.decode(errors="replace"), verb, route)  # type: ignore[attr-defined]


def other_verbs(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    client, url = asker.as_(asker.world.everything), route.url(asker.world, {})
    for verb in VERBS:
        if verb not in rule.verbs and (status := asker.ask(client, verb, url).status_code) != 405:
            yield f"{verb} {route.name}: gives {status}; the table says that only {', '.join(rule.verbs)} is answered"


def closed_without_login(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    """Nobody, and an API token on a page, learn nothing: not even what exists."""
    world, nobody = asker.world, Quiet()
    bearer = {"Authorization": f"Bearer {world.secrets[OWN]}"}
    kinds = [kind for _, kind in route.kinds]
    for verb, headers in product(
        rule.verbs, ({}, bearer, {"HX-Request": "true"}, {"Accept": "application/json"})
    ):
        told = []
        for which in (OWN, ABSENT):
            url = route.url(world, dict.fromkeys(kinds, which), which)
            answer = asker.ask(nobody, verb, url, **headers)
            told.append(said(answer, url, *_words(world, kinds, which), WORKSPACES[which]))
            if not _sent_away(answer):
                yield f"{verb} {route.name}: is answered with {answer.status_code} without a login ({headers or 'bare'})"
        if told[0] != told[1]:
            yield f"{verb} {route.name}: without a login {told[0]} differs from the absent one's {told[1]}"


def by_token(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    """An API address: nothing without a token, the same for foreign and absent objects, and no browser session."""
    world, nobody = asker.world, Quiet()
    bearer = {"Authorization": f"Bearer {world.secrets[OWN]}"}
    for verb in rule.verbs:
        for client in (nobody, asker.as_(world.everything)):
            status = asker.ask(client, verb, route.url(world, {})).status_code
            if status != 401:
                yield f"{verb} {route.name}: gives {status} without a token"
        status = asker.ask(nobody, verb, route.url(world, {}), **bearer).status_code
        if status in (401, 404, 405) or status >= 500:
            yield f"{verb} {route.name}: gives {status} to its own token"
        for kinds in choices(route, world):
            told = []
            for which in (FOREIGN, ABSENT):
                url = route.url(world, dict.fromkeys(kinds, which))
                told.append(said(asker.ask(nobody, verb, url, **bearer), *_words(world, kinds, which)))
            if told[0] != told[1] or told[0].status < 400:
                yield f"{verb} {route.name}: a foreign {kinds[0]} says {told[0]} to a token, an absent one {told[1]}"
            yield from _no_canary(told[0].body, verb, route)


def get_changes_nothing(asker: Asker, route: Route, rule: Rule) -> Iterator[str]:
    if "GET" not in rule.verbs:
        return
    client, world = asker.as_(asker.world.everything), asker.world
    with CaptureQueriesContext(connection) as statements:
        answer = asker.ask(client, "GET", _with_query(route.url(world, {}), rule, world, "GET"))
    if rule.door is Door.MEMBER:
        yield from _let_in(answer, "GET", route, rule, "everything", world.everything)
    for query in statements.captured_queries:
        if (found := WRITES.match(query["sql"])) and found[2] not in rule.touches:
            yield f"GET {route.name}: writes {found[2]} ({found[1].upper()})"


def _asked(world: World, verb: str, action: Action | None) -> Iterator[tuple[str, Membership]]:
    """Every role; of those that may read a page only the first, since rendering it for each would say no more.

    Whoever has all roles reads every page where it is looked at what reading writes (``get_changes_nothing``).
    """
    may = [name for name, member in world.members.items() if action is None or can(member, action)]
    for name, member in world.members.items():
        if verb != "GET" or name not in may[1:]:
            yield name, member
    if verb != "GET":
        yield "everything", world.everything


PROBES = {
    Door.MEMBER: (
        foreign_is_absent,
        ids_inside,
        roles,
        other_verbs,
        closed_without_login,
        get_changes_nothing,
    ),
    Door.PERSON: (foreign_is_absent, closed_without_login, get_changes_nothing),
    Door.PUBLIC: (get_changes_nothing,),
    Door.TOKEN: (by_token, get_changes_nothing),
}


def leaks(asker: Asker, route: Route, rule: Rule) -> list[str]:
    return [leak for probe in PROBES[rule.door] for leak in probe(asker, route, rule)]


def _sent_away(answer: HttpResponseBase) -> bool:
    to_login = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    return to_login or answer.status_code == 401


def _words(world: World, kinds: tuple[str, ...] | list[str], which: str) -> list[str]:
    return [str(world.ids[kind][which]) for kind in kinds if kind in world.ids]


def _with_query(url: str, rule: Rule, world: World, verb: str, which: str = OWN) -> str:
    return f"{url}?{_filled(rule.query, world, which)}" if rule.query and verb == "GET" else url


def _body(rule: Rule, world: World, verb: str, which: str = OWN) -> dict[str, str]:
    return {} if verb == "GET" else {name: _filled(text, world, which) for name, text in rule.body.items()}


def _filled(text: str, world: World, which: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: str(world.ids[found[1]][which]), text)


def _no_canary(body: str, verb: str, route: Route) -> Iterator[str]:
    if CANARY in body:
        yield f"{verb} {route.name}: shows a text of the foreign workspace"
