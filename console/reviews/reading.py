"""What the page of a review shows beside its standing: the two texts with the discussions in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from console.prompts.acknowledgements import acknowledged, key_of
from console.prompts.comparison import (
    Compared,
    Comparison,
    SectionDiff,
    SettingDiff,
    of_revision,
    section_diffs,
)
from console.prompts.diff_rows import Row, side_by_side
from console.prompts.in_short import InShort, in_short
from console.prompts.judge import BY_JUDGE
from console.prompts.models import Acknowledgement
from console.prompts.snippets import SnippetChange, changed_snippets
from console.reviews.evidence import Evidence
from console.reviews.models import Thread
from console.reviews.standing import Standing
from console.reviews.suggestions import line_of, takes_suggestion
from policies import Change, Check, EffectiveSetting, Finding, RiskPart, assess, check_for

SHOWS = ("sections", "all", "compiled")
NOTHING = {"draft": 1, "sections": []}


@dataclass(frozen=True, slots=True)
class Place:
    """The discussions at one place; ``writing``: the form for a new one stands open there."""

    anchor: str
    threads: tuple[Thread, ...]
    writing: bool
    line: str = ""  # the text of the line, where the place is one

    @property
    def suggests(self) -> bool:
        """Whether other words can be suggested here."""
        return takes_suggestion(self.anchor)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A ``SettingDiff`` with its discussions."""

    setting: EffectiveSetting
    old: str
    new: str
    permitted: str
    change: Change | None
    thread: Place | None

    @property
    def anchor(self) -> str:
        return f"setting-{self.setting.id}"


@dataclass(frozen=True, slots=True)
class CellRow:
    """A test cell: a scenario of a run with the words of the revision's samples, and its discussions."""

    anchor: str
    scenario: str
    title: str
    passed: int
    judged: int
    thread: Place | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of the evidence with its cells, and its discussions."""

    item: Evidence
    thread: Place | None
    cells: tuple[CellRow, ...]

    @property
    def is_discussed(self) -> bool:
        """Whether a cell has a discussion: then they are shown."""
        return any(cell.thread for cell in self.cells)

    @property
    def anchor(self) -> str:
        return f"run-{self.item.run.number}"


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding of now. ``is_new``: what it would replace does not have it."""

    finding: Finding
    check: type[Check] | None
    is_new: bool
    acknowledgement: Acknowledgement | None

    @property
    def by_judge(self) -> bool:
        return self.finding.code in BY_JUDGE


class Reading:
    """The parts of the page, each worked out when it is asked for. Has the form of a ``Comparison`` for its template."""

    def __init__(self, standing: Standing, *, show: str = "sections", writing: str | None = None) -> None:
        self.standing, self.show = standing, show if show in SHOWS else SHOWS[0]
        self.writing = writing
        review, against = standing.review, standing.change.against
        self.new = of_revision(review.revision)
        self.old = self._named(of_revision(against)) if against else Compared("before", NOTHING, "")
        governance = standing.change.governance
        self._comparison = Comparison(review.workspace, self.old, self.new, governance)
        self._placed: set[str] = set()

    def _named(self, old: Compared) -> Compared:
        review = self.standing.review
        return replace(old, name=f"{old.name}, in {review.label}") if review.is_open else old

    @cached_property
    def settings(self) -> list[SettingRow]:
        rows = self._comparison.settings if self.standing.change.against else self._first_settings()
        return [
            SettingRow(
                row.setting,
                row.old,
                row.new,
                row.permitted,
                row.change,
                self.place(f"setting-{row.setting.id}"),
            )
            for row in rows
        ]

    def _first_settings(self) -> list[SettingDiff]:
        """Without a predecessor: what the revision moves away from the policy's defaults."""
        return [
            replace(row, old=row.setting.behavior.label(row.setting.pack_default))
            for row in self._comparison.settings
            if row.setting.moved or row.setting.requested is not None
        ]

    @property
    def settings_kept(self) -> int:
        return len(self.standing.change.checked.effective.settings) - len(self.settings)

    @cached_property
    def changed_sections(self) -> list[SectionDiff]:
        """Of all sections when the whole text is asked for."""
        whole = self.show == "all"
        found = section_diffs(self.old.content, self.new.content, context=None if whole else 2)
        return [
            replace(section, rows=tuple(map(self._with_threads, section.rows)))
            for section in found
            if whole or section.state != "same"
        ]

    @cached_property
    def compiled(self) -> tuple[Row, ...]:
        return side_by_side(self.old.compiled or "", self.new.compiled or "")

    @cached_property
    def runs(self) -> list[RunRow]:
        """Those that the review names, then the others."""
        items = sorted(self.standing.evidence, key=lambda item: not item.chosen)
        return [RunRow(item, self.place(f"run-{item.run.number}"), self._cells(item)) for item in items]

    def _cells(self, item: Evidence) -> tuple[CellRow, ...]:
        """Of what the review names, those that failed first."""
        rows = [
            CellRow(
                anchor,
                form["id"],
                form.get("title") or form["id"],
                *item.cells[form["id"]],
                self.place(anchor),
            )
            for form in item.run.suite_version.played
            if item.chosen and form["id"] in item.cells
            for anchor in [f"cell-{item.run.number}-{form['id']}"]
        ]
        return tuple(sorted(rows, key=lambda row: row.passed == row.judged))

    @cached_property
    def findings(self) -> list[FindingRow]:
        change = self.standing.change
        known = acknowledged(self.standing.review.prompt)
        before = {key_of(finding) for finding in change.before.verdict.findings} if change.before else set()
        return [
            FindingRow(
                finding,
                None if finding.code in BY_JUDGE else check_for(finding.code),
                bool(change.before) and key_of(finding) not in before,
                known.get(key_of(finding)),
            )
            for finding in change.checked.verdict.findings
        ]

    @cached_property
    def gone(self) -> list[Finding]:
        """Findings of what it would replace that it does not have."""
        change = self.standing.change
        now = {key_of(finding) for finding in change.checked.verdict.findings}
        before = change.before.verdict.findings if change.before else ()
        return [finding for finding in before if key_of(finding) not in now]

    @property
    def short(self) -> InShort:
        """The effect in a few lines. Without a predecessor every finding is new."""
        change = self.standing.change
        before = change.before.verdict.findings if change.before else ()
        return in_short(change.effect, change.governance.pack, before, change.checked.verdict.findings)

    @cached_property
    def snippets(self) -> list[SnippetChange]:
        """Included snippets that changed since the revision was frozen: they reopen the review."""
        if not self.standing.review.is_open or self.standing.change.same_bytes:
            return []
        return changed_snippets(self.standing.review.revision, self.standing.review.workspace)

    @property
    def risk(self) -> tuple[RiskPart, ...]:
        """What the risk score is the sum of."""
        change = self.standing.change
        governance = change.governance
        return assess(change.checked.draft, governance.pack, governance.bounds.organisation).parts

    @cached_property
    def elsewhere(self) -> Sequence[Thread]:
        """Discussions of the whole review, and of places that this view does not show. Ask for it last."""
        _ = self.settings, self.runs, self.changed_sections if self.show != "compiled" else ()
        return [thread for thread in self.standing.threads if thread.anchor not in self._placed]

    def place(self, anchor: str) -> Place | None:
        """What stands at an anchor: nothing in most places."""
        self._placed.add(anchor)
        here = tuple(thread for thread in self.standing.threads if thread.anchor == anchor)
        writing = self.writing == anchor
        return Place(anchor, here, writing) if here or writing else None

    def _with_threads(self, row: Row) -> Row:
        if not row.anchor:
            return row
        place = self.place(row.anchor)
        if place and place.writing and row.sides[1]:
            place = replace(place, line=line_of(self.new.content, row.anchor) or "")
        return replace(row, thread=place)
