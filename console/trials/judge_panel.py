"""What a run's page says of its judge and of its simulated users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from console.trials.judging.rubric import version_of
from console.trials.models import Run, Verdict
from console.trials.ratings import Calibration, calibrations


@dataclass(frozen=True, slots=True)
class JudgePanel:
    """``words``: the judge's verdicts so far by their word. ``is_kin``: it is of the family of the model under test."""

    model: str
    words: Mapping[str, int]
    calibration: Calibration
    is_kin: bool
    preference: str = ""  # what its preferences amount to, once the run is complete

    @property
    def verdicts(self) -> int:
        return sum(self.words.values())

    @property
    def decided(self) -> int:
        return self.words.get("pass", 0) + self.words.get("fail", 0)

    @property
    def errors(self) -> int:
        return self.words.get("error", 0)


def judge_panel(run: Run, comparison: Mapping[str, Any] | None) -> JudgePanel | None:
    """None where nobody judges. Two statements."""
    if not run.judge_model:
        return None
    judged = Verdict.objects.filter(conversation__run=run).exclude(judge="").order_by()
    words = dict(judged.values_list("verdict").annotate(n=Count("pk")))
    version = version_of(run.judge_model)
    return JudgePanel(
        model=run.judge_model,
        words=words,
        calibration=calibrations(run.workspace, [version])[version],
        is_kin=_family(run.judge_model) == _family(run.model),
        preference=((comparison or {}).get("preference") or {}).get("sentence", ""),
    )


def _family(model: str) -> str:
    """The maker's line: a judge is known to prefer answers of its own kind."""
    return model.split("-", 1)[0].lower()
