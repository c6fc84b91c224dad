"""Two contents of a prompt side by side: what changes in effect, which settings moved, which words changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from console.accounts.models import Workspace
from console.governance.services import Governance
from console.prompts.alignment import align
from console.prompts.diff_rows import Row, side_by_side
from console.prompts.drafts import Checked, check
from console.prompts.in_short import InShort, in_short
from console.prompts.merging import interleave
from console.prompts.models import Draft, Revision
from console.prompts.sheets import KIND_TITLES
from console.prompts.snippets import resolver
from policies import Change, Effect, EffectiveSetting, Option, effect, explain

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the two: a name for it, its content, and the compiled text as it was frozen (None: compile it now)."""

    name: str
    content: Content
    compiled: str | None = None


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """A section on both sides. ``state`` is same, changed, moved, added or removed; ``note`` says what else changed."""

    id: str
    label: str
    state: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SettingDiff:
    """A setting that does not hold as it did. ``change`` is its line of the effect, where it has one."""

    setting: EffectiveSetting
    old: str
    new: str
    permitted: str
    change: Change | None


class Comparison:
    """Everything that a page of two contents shows; each part is worked out when it is asked for."""

    def __init__(
        self, workspace: Workspace, old: Compared, new: Compared, governance: Governance | None = None
    ) -> None:
        self.workspace, self.old, self.new = workspace, old, new
        self._governance = governance

    @cached_property
    def _old(self) -> Checked:
        return check(self.workspace, self.old.content, governance=self._governance)

    @cached_property
    def _new(self) -> Checked:
        return check(self.workspace, self.new.content, governance=self._governance)

    @cached_property
    def effect(self) -> Effect:
        """What changes in effect, under the policy and the bounds of today on both sides."""
        governance = self._new.governance
        return effect(
            self._old.draft,
            self._new.draft,
            governance.pack,
            governance.bounds.organisation,
            snippets=resolver(self.workspace),
            old_verdict=self._old.verdict,
            new_verdict=self._new.verdict,
        )

    @property
    def short(self) -> InShort:
        pack = self._new.governance.pack
        return in_short(self.effect, pack, self._old.verdict.findings, self._new.verdict.findings)

    @cached_property
    def settings(self) -> list[SettingDiff]:
        changes = {change.id: change for change in self.effect.changes}
        before = self._old.effective
        found = []
        for setting in self._new.effective.settings:
            was = before.get(setting.id)
            old, new = _said(was) if was else "", _said(setting)
            if old != new:
                found.append(SettingDiff(setting, old, new, _permitted(setting), changes.get(setting.id)))
        return found

    @property
    def settings_kept(self) -> int:
        return len(self._new.effective.settings) - len(self.settings)

    @cached_property
    def sections(self) -> list[SectionDiff]:
        return section_diffs(self.old.content, self.new.content)

    @property
    def changed_sections(self) -> list[SectionDiff]:
        return [section for section in self.sections if section.state != "same"]

    @cached_property
    def compiled(self) -> tuple[Row, ...]:
        return side_by_side(_compiled(self.old, self._old), _compiled(self.new, self._new))

    @property
    def is_same(self) -> bool:
        return self.old.content == self.new.content


def of_revision(revision: Revision) -> Compared:
    return Compared(f"r{revision.number}", revision.content, revision.compiled)


def of_draft(draft: Draft) -> Compared:
    return Compared("draft" if draft.is_main else f"proposal {draft.name}", draft.content)


def section_diffs(old: Content, new: Content, *, context: int | None = 2) -> list[SectionDiff]:
    """Every section of both, in the order of the new content, removed ones where they stood.

    ``context`` is how many unchanged lines stay around a change; None keeps all.
    """
    before, after = _by_id(old), _by_id(new)
    kept = {after_id for _, after_id in _kept(list(before), list(after))}
    first = {"old": _first_lines(before), "new": _first_lines(after)}
    diffs = []
    for id in interleave(list(after), list(before)):
        was, now = before.get(id), after.get(id)
        rows = side_by_side(
            _text(was), _text(now), first=(first["old"].get(id, 1), first["new"].get(id, 1)), context=context
        )
        anchored = tuple(_anchored(row, id) for row in rows)
        state, note = _state(was, now, id in kept), _note(was, now)
        if state == "changed" and id not in kept:
            note = ", ".join(part for part in (note, "moved") if part)
        diffs.append(SectionDiff(id, _label(now or was or {}), state, note, anchored))
    return diffs


def _by_id(content: Content) -> dict[str, Content]:
    return {section.get("id", ""): section for section in content.get("sections", ())}


def _kept(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    return [(old[i], new[j]) for i, j in align(old, new)]


def _first_lines(sections: Mapping[str, Content]) -> dict[str, int]:
    """The number of each section's first line, counted through all sections as the editor does."""
    numbers, line = {}, 1
    for id, section in sections.items():
        numbers[id] = line
        line += 0 if "include" in section else section.get("text", "").count("\n") + 1
    return numbers


def _text(section: Content | None) -> str:
    if section is None:
        return ""
    include = section.get("include")
    return f"snippet {include['snippet']}@{include['at']}" if include else str(section.get("text", ""))


def _label(section: Content) -> str:
    return str(section.get("title") or KIND_TITLES.get(section.get("kind", "free"), "Text"))


def _state(was: Content | None, now: Content | None, in_place: bool) -> str:
    if was is None or now is None:
        return "added" if was is None else "removed"
    if _text(was) != _text(now) or _note(was, now):
        return "changed"
    return "same" if in_place else "moved"


def _note(was: Content | None, now: Content | None) -> str:
    if was is None or now is None:
        return ""
    kinds = [section.get("kind", "free") for section in (was, now)]
    notes = [f"was of the kind {kinds[0]}, now {kinds[1]}"] if kinds[0] != kinds[1] else []
    if was.get("title") != now.get("title"):
        notes.append(f"was called {_label(was)}")
    return ", ".join(notes)


def _anchored(row: Row, section: str) -> Row:
    """A row with an address: the section and the line of the new side, else of the old one."""
    old, new = row.sides
    if row.kind == "skip" or not (side := new or old):
        return row
    return replace(row, anchor=f"{'line' if new else 'was'}-{section}-{side.line}")


def _compiled(compared: Compared, checked: Checked) -> str:
    if compared.compiled is not None:
        return compared.compiled
    return checked.compiled.text if checked.compiled else ""


def _said(setting: EffectiveSetting) -> str:
    """A setting in words: its value, the condition, and what users may choose."""
    behavior = setting.behavior
    words = behavior.label(setting.value)
    if setting.when:
        words = f"{words} while {setting.when}, else {behavior.label(setting.otherwise)}"
    others = [behavior.label(value) for value in setting.grants if value != setting.value]
    return f"{words}, users may choose {', '.join(others)}" if others else words


def _permitted(setting: EffectiveSetting) -> str:
    options: tuple[Option, ...] = setting.options
    if not options:
        return explain(setting.permitted)
    labels = [option.label for option in options if option.state != "closed"]
    return ", ".join(labels) if len(labels) < 6 else f"{len(labels)} of {len(options)}"
