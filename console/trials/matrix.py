"""The matrix of a run: scenarios by what became of them, filtered and paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from console.trials.results import LimitCount, Row, Side

ROWS_A_PAGE = 50  # with several samples and revisions a row takes a millisecond or two to render


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario as one row. ``change``: of passed samples in points, against the baseline; None where there is none."""

    row: Row
    kind: str
    change: float | None
    limits_lost: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.row.sides

    @property
    def is_difference(self) -> bool:
        return bool(self.change) or bool(self.limits_lost)

    @property
    def is_regression(self) -> bool:
        return (self.change or 0) < 0 or bool(self.limits_lost)

    def has(self, *words: str) -> bool:
        return any(side.count(*words) for side in self.row.sides)

    @property
    def waits_for(self) -> str:
        """What keeps it open: message batches alone, which may take a day, or calls."""
        return "running" if self.has("flying", "waiting") else "in a batch"

    @property
    def ungraded(self) -> int:
        """Expectations that nothing could grade, at most over its samples."""
        return max((cell.ungraded for side in self.row.sides for cell in side.cells), default=0)

    @property
    def points(self) -> int | None:
        return None if self.change is None else round(self.change * 100)


FILTERS: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "all": ("All", lambda line: True),
    "regressions": ("Regressions", lambda line: line.is_regression),
    "differences": ("Differences", lambda line: line.is_difference),
    "failures": ("Failures", lambda line: line.has("fail")),
    "errors": ("Errors", lambda line: line.has("error")),
}
# In this order: what needs reading first stands first. {} is the label of the candidate.
GROUPS = {
    "worse": "Worse in {}",
    "better": "Better in {}",
    "fails": "Fails",
    "errors": "In error",
    "running": "Still running",
    "same": "No difference",
    "passes": "Passes",
    "incomparable": "Nothing to compare",
    "cancelled": "Cancelled",
    "not_graded": "Not graded",
}
_ORDER = list(GROUPS)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    title: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    groups: tuple[Group, ...]
    filters: tuple[Filter, ...]
    page: Page[Line]
    limits: tuple[str, ...]  # that any scenario is about, to choose from
    limit: str
    show: str

    @property
    def kept(self) -> str:
        """What a cell's address needs to stay within the filter: the part after with=."""
        chosen = {"show": self.show if self.show != "all" else "", "limit": self.limit}
        return urlencode({name: value for name, value in chosen.items() if value})


def lines_of(
    rows: Sequence[Row], limits: Mapping[int, Mapping[str, LimitCount]], candidate: int
) -> list[Line]:
    """All scenarios in the order of reading. ``candidate``: the position that is compared with the baseline."""
    lines = [_line(row, limits, candidate) for row in rows]
    return sorted(lines, key=lambda line: (_ORDER.index(line.kind), _first(line)))


def _first(line: Line) -> float:
    """The largest change first; lost limits before all."""
    return -abs(line.change or 0) - 10 * bool(line.limits_lost)


def _line(row: Row, limits: Mapping[int, Mapping[str, LimitCount]], candidate: int) -> Line:
    if len(row.sides) < 2:
        return Line(row, _kind_alone(row), None)
    change = row.change(candidate)
    lost = () if row.is_open else tuple(_lost(row.scenario, limits, candidate))
    return Line(row, _kind_compared(row, change, bool(lost)), change, lost)


def _lost(scenario: str, limits: Mapping[int, Mapping[str, LimitCount]], candidate: int) -> list[str]:
    before = limits.get(0, {})
    return [
        limit
        for limit, count in limits.get(candidate, {}).items()
        if scenario in count.broken_in and limit in before and scenario in before[limit].held_in
    ]


def _kind_alone(row: Row) -> str:
    side = row.sides[0] if row.sides else Side(())
    if side.is_open:
        return "running"
    if side.count("fail"):
        return "fails"
    if side.count("error"):
        return "errors"
    if side.count("cancelled"):
        return "cancelled"
    return "passes" if side.passed else "not_graded"


def _kind_compared(row: Row, change: float | None, lost: bool) -> str:
    if row.is_open:
        return "running"
    if lost or (change or 0) < 0:
        return "worse"
    if change is None:
        return "cancelled" if any(side.count("cancelled") for side in row.sides) else "incomparable"
    return "better" if change > 0 else "same"


def found_lines(lines: Sequence[Line], *, query: str = "", limit: str = "") -> list[Line]:
    """Those that a search and a limit leave."""
    words = query.lower().split()
    return [line for line in lines if _mentions(line, words) and (not limit or limit in line.row.limits)]


def kept_lines(lines: Sequence[Line], *, show: str, query: str = "", limit: str = "") -> list[Line]:
    """Those that a filter leaves of them."""
    keeps = FILTERS[show if show in FILTERS else "all"][1]
    return [line for line in found_lines(lines, query=query, limit=limit) if keeps(line)]


def matrix(
    lines: Sequence[Line], *, show: str, query: str, page: str | int, candidate_label: str, limit: str = ""
) -> Matrix:
    """The page of the matrix that a filter, a search and a limit leave."""
    show = show if show in FILTERS else "all"
    found = found_lines(lines, query=query, limit=limit)
    kept = [line for line in found if FILTERS[show][1](line)]
    shown = Paginator(kept, ROWS_A_PAGE).get_page(page)
    return Matrix(
        groups=tuple(
            Group(GROUPS[kind].format(candidate_label), tuple(group))
            for kind, group in groupby(shown.object_list, key=lambda line: line.kind)
        ),
        filters=tuple(
            Filter(name, title, sum(map(keeps, found)), name == show)
            for name, (title, keeps) in FILTERS.items()
        ),
        page=shown,
        limits=tuple(sorted({name for line in lines for name in line.row.limits})),
        limit=limit,
        show=show,
    )


def _mentions(line: Line, words: Sequence[str]) -> bool:
    text = f"{line.row.title} {line.row.scenario} {line.row.group}".lower()
    return all(word in text for word in words)
