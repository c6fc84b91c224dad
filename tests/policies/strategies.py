"""What hypothesis builds: bounds of one kind, organisations, and drafts that ask for anything."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from policies.bounds import Bound, Choice, Level, Range, Text, Toggle
from policies.draft import Draft, Parameters, Section, Setting, Thinking, Tool, Variable
from policies.organisation import Organisation
from policies.pack import Behavior, Pack
from policies.pack_library import load_pack

PACK: Pack = load_pack()
SCALE = ("a", "b", "c", "d", "e")
NAMES = ("red", "green", "blue", "grey")
PATTERNS = ("[a-z]*", ".{0,3}", "x.*", "[^0-9]*")

toggles = st.builds(Toggle, st.frozensets(st.sampled_from(["on", "off"])))
choices = st.builds(Choice, st.frozensets(st.sampled_from(NAMES)))
levels = st.builds(Level, st.just(SCALE), st.sampled_from(SCALE), st.sampled_from(SCALE))
numbers = st.one_of(st.integers(-50, 50), st.sampled_from([0.5, 2.5, 7.25, -3.75]))
ranges = st.builds(Range, numbers, numbers, st.booleans())
texts = st.builds(Text, st.integers(-2, 12), st.frozensets(st.sampled_from(PATTERNS)))

KINDS = (toggles, choices, levels, ranges, texts)
values = st.one_of(
    st.sampled_from(["on", "off", *NAMES, *SCALE, "", "x1", "xyz", "12"]),
    st.integers(-60, 60),
    st.sampled_from([0.5, 2.5, 8.0]),
)


def same_kind(count: int) -> st.SearchStrategy[tuple[Bound, ...]]:
    """Bounds that can be compared."""
    return st.one_of(*[st.tuples(*[kind] * count) for kind in KINDS])


def within(behavior: Behavior) -> st.SearchStrategy[Bound]:
    """Any bound of a behaviour's kind, narrower than the policy's or not."""
    bound = behavior.bound
    match bound:
        case Toggle():
            return toggles
        case Choice():
            return st.builds(Choice, st.frozensets(st.sampled_from([*sorted(bound.permitted), "invented"])))
        case Level():
            return st.builds(
                Level, st.just(bound.scale), st.sampled_from(bound.scale), st.sampled_from(bound.scale)
            )
        case Range():
            return st.builds(Range, st.integers(-10, 100_000), st.integers(-10, 100_000))
        case Text():
            return st.builds(Text, st.integers(0, 200), st.frozensets(st.sampled_from(PATTERNS)))


def organisations(only: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Organisation]:
    """Organisations with any bounds at all, forged ones included."""
    one = st.sampled_from(sorted(PACK.adjustables)).flatmap(
        lambda id: st.tuples(st.just(id), within(PACK.adjustables[id]))
    )
    return st.builds(lambda pairs: Organisation("Meridian Bank", dict(pairs)), st.lists(one, max_size=12))


domains = st.sampled_from([*(domain.id for domain in PACK.domains), "nowhere"])
audiences = st.lists(
    st.sampled_from([*(a.id for a in PACK.audiences), "martians"]), min_size=0, max_size=4
).map(tuple)
VARIABLES = {
    "verified": Variable("boolean", trusted=True),
    "flag": Variable("boolean", required=False, default=False),
    "note": Variable("string", default="say anything"),
}


def asked(behavior: Behavior) -> st.SearchStrategy[Any]:
    names = [*behavior.names, "on", "off", "nonsense", "operator_equal"]
    return st.one_of(st.sampled_from(names), st.integers(-5, 200_000))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Drafts that ask for whatever can be written down: unknown ids, wrong values, false conditions, any grant."""
    ids = [behavior.id for behavior in PACK.behaviors]
    chosen = draw(st.lists(st.sampled_from(ids), unique=True, max_size=10))
    conditions = st.sampled_from([None, None, "verified", "flag", "note", "undeclared"])
    settings = {id: Setting(draw(asked(PACK.adjustables[id])), draw(conditions)) for id in chosen}
    granted = draw(st.lists(st.sampled_from(ids), unique=True, max_size=6))
    grants = {id: tuple(draw(st.lists(asked(PACK.adjustables[id]), max_size=4))) for id in granted}
    tool = st.builds(
        Tool,
        st.sampled_from(["wire", "look_up"]),
        reversible=st.booleans(),
        requires_confirmation=st.booleans(),
    )
    thinking = st.sampled_from([None, Thinking("adaptive"), Thinking("disabled"), Thinking("enabled", 2048)])
    parameters = st.builds(
        Parameters,
        max_tokens=st.one_of(st.none(), st.integers(1, 1_000_000)),
        effort=st.sampled_from([None, "low", "high", "max"]),
        thinking=thinking,
    )
    text = draw(st.sampled_from(["Help with recipes.", "Note: {{note}}", "", "Greet {{ nobody }}."]))
    return Draft(
        sections=(Section("role", text=text),),
        model=draw(st.sampled_from(["", "claude-sonnet-5-5", "xyz", "a b c"])),
        domain=draw(domains),
        audience=draw(audiences),
        variables=VARIABLES,
        settings=settings,
        grants=grants,
        tools=tuple(draw(st.lists(tool, max_size=1))),
        parameters=draw(parameters),
    )
