"""One scenario as a form: turns and expectations as rows, what is rarer as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from django.http import QueryDict

from console.trials import graders
from console.trials.scenarios import Pressure, Purpose, Scenario, parse_scenario
from policies.canonical import CanonicalError, plain, read_json
from policies.forms import FormError

PURPOSES = get_args(Purpose)
PRESSURES = get_args(Pressure)
SPARE = 1  # empty rows at the end of a list
# Kinds that expect something of the reply as it is, without a value.
VALUELESS = frozenset(kind for kind in graders.KINDS if not graders.wrong_value(kind, True))
_TEXT_KINDS = frozenset({"contains", "not_contains", "regex", "judge", "language"})
_IN_ROWS = frozenset(
    {"id", "title", "purpose", "domain", "covers", "turns", "expect", "tools", "simulated_user"}
)


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation as it is typed."""

    kind: str = ""
    turn: str = "last"
    value: str = ""
    why: str = ""
    limit: str = ""

    @property
    def unknown(self) -> bool:
        """A kind that no grader has: shown as it was typed, with what is wrong with it."""
        return self.kind not in graders.KINDS

    @property
    def takes_lines(self) -> bool:
        """A field of one line would drop the ends of its lines."""
        return self.kind == "judge" or "\n" in self.value

    @property
    def why_takes_lines(self) -> bool:
        return "\n" in self.why


@dataclass(frozen=True, slots=True)
class Played:
    """A simulated user as it is typed; nothing typed is none."""

    persona: str = ""
    goal: str = ""
    opening: str = ""
    pressure: str = "none"
    max_turns: str = "5"

    @property
    def is_given(self) -> bool:
        return bool(self.persona.strip() or self.goal.strip() or self.opening.strip())

    def data(self) -> dict[str, Any]:
        most = self.max_turns.strip()
        turns: int | str = int(most) if most.isascii() and most.isdecimal() and len(most) < 6 else most
        return {
            "persona": self.persona.strip(),
            "goal": self.goal.strip(),
            "pressure": self.pressure,
            "max_turns": turns,
            "opening": self.opening.strip(),
        }


@dataclass(frozen=True, slots=True)
class ScenarioForm:
    """A scenario as it is typed, and what is wrong with it. ``more``: the fields that have no row, as JSON."""

    id: str = ""
    title: str = ""
    purpose: str = "adherence"
    domain: str = "general"
    covers: str = ""
    turns: tuple[str, ...] = ()
    user: Played = Played()
    expect: tuple[Expected, ...] = ()
    tools: str = ""
    more: str = ""
    problems: tuple[str, ...] = ()

    @property
    def turn_rows(self) -> tuple[str, ...]:
        return self.turns or ("",)

    @property
    def expect_rows(self) -> tuple[Expected, ...]:
        return (*self.expect, *(Expected() for _ in range(SPARE)))

    def with_row(self, what: str) -> ScenarioForm:
        """With one more empty row of ``turns`` or ``expect``."""
        if what == "turns":
            return replace(self, turns=(*self.turn_rows, ""))
        return replace(self, expect=(*self.expect, Expected()))

    def read(self) -> Scenario | None:
        """The scenario, or None; see ``checked`` for what is wrong then."""
        try:
            return parse_scenario(self._data())
        except (FormError, Unreadable):
            return None

    def checked(self) -> ScenarioForm:
        """With one sentence for each thing that is wrong."""
        try:
            parse_scenario(self._data())
        except FormError as error:
            return replace(self, problems=tuple(_in_rows(str(problem)) for problem in error.problems))
        except Unreadable as error:
            return replace(self, problems=(str(error),))
        return replace(self, problems=())

    def _data(self) -> dict[str, Any]:
        more = _json(self.more, "Further fields") if self.more.strip() else {}
        if not isinstance(more, dict):
            raise Unreadable("Further fields: must be a JSON object.")
        if clash := sorted(set(more) & _IN_ROWS):
            raise Unreadable(f"Further fields: “{clash[0]}” has its own place above.")
        data: dict[str, Any] = {
            "id": self.id.strip(),
            "title": self.title.strip(),
            "purpose": self.purpose,
            "domain": self.domain.strip() or "general",
            "covers": self.covers.replace(",", " ").split(),
            "expect": [expectation_of(row, at) for at, row in enumerate(self.expect, 1) if row.kind],
            **more,
        }
        turns = [{"user": text} for text in self.turns if text.strip()]
        if turns or not self.user.is_given:
            data["turns"] = turns
        if self.user.is_given:
            data["simulated_user"] = self.user.data()
        if self.tools.strip():
            data["tools"] = _json(self.tools, "Tools")
        return data


_ROW = re.compile(r"^(expect|turns)\.(\d+)(?:\.(?:user\b)?)?")


def _in_rows(problem: str) -> str:
    """A problem as it is said beside the form, whose rows people count from 1."""
    if problem.startswith("must have either turns"):
        return "Write what the user says, or describe a simulated user: one of the two."
    return _ROW.sub(
        lambda found: (
            f"{'Expectation' if found[1] == 'expect' else 'Turn'} {int(found[2]) + 1}"
            + (", " if found[0].endswith(".") else "")
        ),
        problem,
    )


class Unreadable(Exception):
    """A part that is JSON does not read as JSON."""


def form_of(data: Mapping[str, Any]) -> ScenarioForm:
    """The form of a stored scenario."""
    more = {key: value for key, value in data.items() if key not in _IN_ROWS}
    return ScenarioForm(
        id=data["id"],
        title=data["title"],
        purpose=data.get("purpose", "adherence"),
        domain=data.get("domain", "general"),
        covers=" ".join(data.get("covers", ())),
        turns=tuple(turn["user"] for turn in data.get("turns", ())),
        user=_played(data.get("simulated_user") or {}),
        expect=tuple(expected_of(expectation) for expectation in data.get("expect", ())),
        tools=pretty(data["tools"]) if data.get("tools") else "",
        more=pretty(more) if more else "",
    )


def typed_form(post: QueryDict) -> ScenarioForm:
    """The form as it was sent; rows without a kind, and turns without a word, fall away when it is read."""
    columns = [post.getlist(f"expect.{name}") for name in ("kind", "turn", "value", "why", "limit")]
    return ScenarioForm(
        id=post.get("id", ""),
        title=post.get("title", ""),
        purpose=post.get("purpose", "adherence"),
        domain=post.get("domain", ""),
        covers=post.get("covers", ""),
        turns=tuple(_lines(text) for text in post.getlist("turn")),
        user=_played(
            {name: _lines(post.get(f"user.{name}", "")) for name in _PLAYED if f"user.{name}" in post}
        ),
        expect=tuple(_trimmed(Expected(*map(_lines, row)) for row in zip(*columns, strict=False))),
        tools=_lines(post.get("tools", "")),
        more=_lines(post.get("more", "")),
    )


_PLAYED = ("persona", "goal", "opening", "pressure", "max_turns")


def _played(data: Mapping[str, Any]) -> Played:
    return Played(**{name: str(data[name]) for name in _PLAYED if name in data})


def read_json_form(source: str) -> tuple[Scenario | None, tuple[str, ...]]:
    """A scenario that was typed as JSON, or what is wrong with it."""
    try:
        return parse_scenario(_json(source, "The scenario")), ()
    except FormError as error:
        return None, tuple(map(str, error.problems))
    except Unreadable as error:
        return None, (str(error),)


def pretty(data: Any) -> str:
    """JSON as people edit it."""
    return json.dumps(plain(data), ensure_ascii=False, indent=2)


def kinds() -> list[tuple[str, str]]:
    """Every kind of expectation with its words, for a choice."""
    return [(kind, _named(kind)) for kind in sorted(graders.KINDS, key=graders.title)]


def _named(kind: str) -> str:
    title = graders.title(kind)
    return title if title == kind else f"{title} ({kind})"


def _trimmed(rows: Iterator[Expected]) -> list[Expected]:
    """Without the empty rows at the end, which the page adds itself."""
    kept = list(rows)
    while kept and kept[-1] == Expected(turn=kept[-1].turn):
        kept.pop()
    return kept


def expectation_of(row: Expected, at: int) -> dict[str, Any]:
    """An expectation in its exchanged form. Raises Unreadable."""
    turn: int | str = int(row.turn) if row.turn.isascii() and row.turn.isdecimal() else row.turn or "last"
    data = {"kind": row.kind, "turn": turn, "value": _value(row, at)}
    return data | {name: text for name in ("why", "limit") if (text := getattr(row, name).strip())}


def _value(row: Expected, at: int) -> Any:
    text = row.value.strip()
    if row.kind in VALUELESS:
        return True
    if row.kind in _TEXT_KINDS:
        return row.value.strip("\n")
    if row.kind.startswith("tool_") and not text.startswith("{"):
        return {"name": text}
    return _json(text, f"Expectation {at}") if text else ""


def expected_of(data: Mapping[str, Any]) -> Expected:
    """A stored expectation as it is typed."""
    value = data["value"]
    if value is True:
        shown = ""
    elif isinstance(value, str):
        shown = value
    elif isinstance(value, Mapping) and set(value) == {"name"}:
        shown = str(value["name"])
    else:
        shown = json.dumps(plain(value), ensure_ascii=False)
    return Expected(
        kind=data["kind"],
        turn=str(data.get("turn", "last")),
        value=shown,
        why=data.get("why", ""),
        limit=data.get("limit", "") or "",
    )


def _json(text: str, where: str) -> Any:
    try:
        return read_json(text)
    except CanonicalError as error:
        raise Unreadable(f"{where}: {error}") from None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "\ufffd")


def fixtures_of(calls: Sequence[tuple[str, Mapping[str, Any], str, bool]]) -> list[dict[str, Any]]:
    """Simulated tools that give back what they gave: (name, input, result, is_error) of each call."""
    tools: dict[str, list[dict[str, Any]]] = {}
    counts: Counter[int] = Counter()
    for name, given, result, is_error in calls:
        fixture = {"when": plain(given), **({"error": result} if is_error else {"result": _result(result)})}
        fixtures = tools.setdefault(name, [])
        before = next((other for other in reversed(fixtures) if other["when"] == fixture["when"]), None)
        if before is None or any(before.get(key) != fixture.get(key) for key in ("result", "error")):
            if before is not None:  # the same arguments brought something else later: one after the other
                before["times"] = counts[id(before)]
            fixtures.append(fixture)
            before = fixture
        counts[id(before)] += 1
    return [{"name": name, "fixtures": fixtures} for name, fixtures in tools.items()]


def _result(text: str) -> Any:
    try:
        return read_json(text)
    except CanonicalError:
        return text
