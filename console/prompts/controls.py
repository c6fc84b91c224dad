"""Settings as the controls of the Compose page show them, grouped by the part of the prompt that they write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import slugify

from console.prompts.checking import Checked
from policies import EffectiveSetting


@dataclass(frozen=True, slots=True)
class Control:
    """A setting with what only the page adds: whether a condition may be chosen, and what users may be given."""

    setting: EffectiveSetting
    conditions: tuple[str, ...]

    @property
    def grants(self) -> list[tuple[str, str, bool]]:
        """Value, label, and whether users have it."""
        behavior, given = self.setting.behavior, set(self.setting.grants)
        return [(value, behavior.label(value), value in given) for value in self.setting.grantable]

    @property
    def granted(self) -> str:
        return ", ".join(label for _, label, given in self.grants if given)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    controls: tuple[Control, ...]

    @property
    def moved(self) -> int:
        return sum(control.setting.moved for control in self.controls)


def groups_of(checked: Checked) -> list[Group]:
    """The behaviours by their block, then the request's parameters; the model has a field of its own."""
    settings = checked.effective.settings
    switches = tuple(name for name, variable in checked.draft.variables.items() if variable.type == "boolean")
    groups = [
        Group(block.title, _controls((s for s in settings if s.behavior.block == block.tag), switches))
        for block in checked.governance.pack.blocks
    ]
    request = filter(_of_request, settings)
    return [group for group in (*groups, Group("Request", _controls(request, switches))) if group.controls]


def moved_of(checked: Checked) -> int:
    """How many settings of all groups are moved: shown after each keystroke, when the groups mostly are not."""
    blocks = {block.tag for block in checked.governance.pack.blocks}
    return sum(
        setting.moved
        for setting in checked.effective.settings
        if setting.behavior.block in blocks or _of_request(setting)
    )


def _of_request(setting: EffectiveSetting) -> bool:
    return setting.id.startswith("parameter.") and setting.id != "parameter.model"


def control_id(setting: str) -> str:
    """The DOM id of a setting's control."""
    return f"bound-{slugify(setting)}"


def _controls(settings: Iterable[EffectiveSetting], switches: tuple[str, ...]) -> tuple[Control, ...]:
    return tuple(Control(s, switches if s.when or _conditional(s) else ()) for s in settings)


def _conditional(setting: EffectiveSetting) -> bool:
    """Whether a condition makes a difference: something is open only under one, or the value is not the default."""
    return setting.conditional != setting.permitted or setting.moved
