"""What a release says, once and for ever: an in-toto statement in canonical JSON.

The bytes are stored and exported as they are; nobody composes them a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.prompts.models import Revision
from console.reviews.models import Decision
from console.reviews.standing import Standing
from console.trials.models import Run
from policies.canonical import canonical_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:remit:release:v1"


def statement_bytes(
    *,
    standing: Standing,
    number: int,
    created_at: str,
    created_by: str,
    audit: Mapping[str, Any],
    broken_glass: str = "",
) -> bytes:
    """The statement that ``standing``'s revision is release ``number``, approved on this ground.

    ``audit`` says how far the workspace's audit was; ``broken_glass`` why it goes out although something is not met.
    """
    review, ground = standing.review, standing.ground
    revision, prompt = review.revision, review.prompt
    predicate = {
        "prompt": {"workspace": review.workspace.slug, "slug": prompt.slug, "title": prompt.title},
        "release": number,
        "revision": {"number": revision.number, "digest": revision.digest},
        "replaces": {"digest": ground.against},
        "pack": {"ref": revision.pack, "digest": ground.pack},
        "bounds": ground.bounds,
        "config": revision.params,
        "variables": variables_of(revision),
        "evidence": {"digest": ground.evidence, "runs": [_run(item.run) for item in standing.used]},
        "review": review.number,
        "approvals": [_approval(voice.decision) for voice in standing.approvals],
        "requirements": [
            {"met": line.sentence, "because": line.because} for line in standing.lines if line.is_met
        ],
        "playground": review.workspace.playground,
        "createdAt": created_at,
        "createdBy": created_by,
        "audit": dict(audit),
    }
    if broken_glass:
        unmet = [line.sentence for line in standing.unmet]
        predicate["breakGlass"] = {"by": created_by, "reason": broken_glass, "unmet": unmet}
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": str(revision), "digest": {"sha256": revision.digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def variables_of(revision: Revision) -> dict[str, Any]:
    """The variables that the prompt's placeholders take, as they are declared in the draft."""
    declared: dict[str, Any] = revision.content.get("variables", {})
    return {name: dict(form) for name, form in declared.items()}


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "digest": run.digest,
        "suite": {"slug": run.suite_version.suite.slug, "version": run.suite_version.number},
        "model": run.model,
        "samples": run.samples,
        "conversations": run.planned,
        "rehearsal": run.rehearsal,
    }


def _approval(decision: Decision) -> dict[str, Any]:
    return {
        "by": decision.by.shown_name,
        "at": decision.at.isoformat(),
        "reason": decision.reason,
        "revision": decision.revision_digest,
        "pack": decision.pack_digest,
        "bounds": decision.bounds_version,
        "evidence": decision.evidence_digest,
    }
