"""How a review stands at this moment: everything is computed anew from the rows, so that nothing can be stale unseen.

Page, decision and release ask the same question here; a decision and a release ask it again inside their transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch

import policies
from console.accounts.models import Workspace
from console.governance import packs
from console.governance.services import Governance, governance_of
from console.prompts.acknowledgements import acknowledged
from console.prompts.drafts import Checked, check
from console.prompts.judge import Judged, with_judge
from console.prompts.models import Prompt, Revision
from console.prompts.snippets import resolver
from console.reviews.authors import authors_of
from console.reviews.checklist import Facts, Line, checklist
from console.reviews.evidence import Evidence, evidence_digest, evidence_for
from console.reviews.ground import Ground
from console.reviews.models import Comment, Review, Thread
from console.reviews.voices import Voice, voices_of
from policies import Effect, Requirement
from policies.canonical import plain


@dataclass(frozen=True, slots=True)
class Change:
    """A revision against what it would replace, under the policy and the bounds of now."""

    revision: Revision
    against: Revision | None
    governance: Governance
    checked: Checked
    before: Checked | None
    effect: Effect
    requirements: tuple[Requirement, ...]
    judged: Judged  # whose findings ``checked`` holds

    @property
    def same_bytes(self) -> bool:
        """Whether the revision still compiles to what was frozen, tested and read."""
        compiled = self.checked.compiled
        return compiled is not None and plain(compiled.params) == self.revision.params

    @property
    def reopened(self) -> bool:
        """Whether a snippet that it includes is not the one that it was frozen with."""
        compiled = self.checked.compiled
        now = {f"{pin.slug}@{pin.at}": pin.digest for pin in compiled.snippets} if compiled else {}
        return now != self.revision.snippets

    @property
    def digest(self) -> str:
        """The revision's digest; that of what it compiles to now, where that is something else."""
        compiled = self.checked.compiled
        if self.same_bytes:
            return self.revision.digest
        return policies.digest(compiled.params) if compiled else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A review at one moment."""

    review: Review
    change: Change
    ground: Ground
    evidence: tuple[Evidence, ...]
    voices: tuple[Voice, ...]
    threads: tuple[Thread, ...]
    authors: frozenset[int]
    lines: tuple[Line, ...]

    @property
    def approvals(self) -> tuple[Voice, ...]:
        """The approvals that count now."""
        return tuple(voice for voice in self.voices if voice.approves)

    @property
    def stale(self) -> tuple[Voice, ...]:
        """Words that were given on another ground."""
        return tuple(voice for voice in self.voices if voice.is_stale)

    @property
    def unmet(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_met)

    @property
    def in_the_way(self) -> tuple[Line, ...]:
        """What keeps anybody from approving: everything that is not itself somebody's approval."""
        return tuple(line for line in self.unmet if not line.from_people and line.kind != "changes")

    @property
    def met(self) -> int:
        return len(self.lines) - len(self.unmet)

    @property
    def open_threads(self) -> int:
        return sum(not thread.resolved for thread in self.threads)

    @property
    def used(self) -> tuple[Evidence, ...]:
        """The runs that the review names and that count."""
        return tuple(item for item in self.evidence if item.counts)


_SAID = Prefetch("comments", Comment.objects.select_related("by", "applied_by"))


def standing(review: Review) -> Standing:
    """Compute it all. A constant number of statements, some fifteen."""
    review.revision.prompt = review.prompt
    against = current_target(review.prompt, review.label) if review.is_open else review.against
    change = change_of(review.revision, against, review.workspace)
    evidence = evidence_for(
        review.revision,
        review.workspace,
        change.governance,
        review.runs.values_list("pk", flat=True).order_by(),
    )
    ground = Ground(
        revision=change.digest,
        against=against.digest if against else "",
        pack=change.governance.pack.digest,
        bounds=change.governance.bounds.version,
        evidence=evidence_digest(evidence),
    )
    authors = authors_of(review)
    voices = voices_of(review, ground, authors)
    threads = tuple(review.threads.select_related("resolved_by").prefetch_related(_SAID))
    lines = lines_of(change, evidence, voices, threads, authors)
    return Standing(review, change, ground, evidence, voices, threads, authors, lines)


def change_of(revision: Revision, against: Revision | None, workspace: Workspace) -> Change:
    """What approving ``revision`` would change, and what that needs."""
    governance = governance_of(workspace)
    prompt = revision.prompt
    checked = check(workspace, revision.content, governance=governance)
    checked, said = with_judge(workspace, checked, prompt)
    before = check(workspace, against.content, governance=governance) if against else None
    # What the judge found in both is not new.
    before = with_judge(workspace, before, prompt, form=said.settings)[0] if before else None
    pack, organisation = governance.pack, governance.bounds.organisation
    old_pack = _pack_of(against) or pack
    effect = policies.effect(
        before.draft if before else None,
        checked.draft,
        pack,
        organisation,
        old_pack=old_pack,
        snippets=resolver(workspace),
        # What is replaced is judged by the policy that it was frozen under, where that is another one.
        old_verdict=before.verdict if before and old_pack.digest == pack.digest else None,
        new_verdict=checked.verdict,
    )
    bounds = governance.bounds
    needs = policies.requirements(
        effect,
        checked.draft,
        pack,
        verdict=checked.verdict,
        samples=bounds.samples_at(effect.risk_after),
        models=bounds.models_at(effect.risk_after),
    )
    return Change(revision, against, governance, checked, before, effect, needs, said)


def _pack_of(revision: Revision | None) -> policies.Pack | None:
    """The policy that a revision was frozen under, while it is installed unaltered."""
    if revision is None:
        return None
    try:
        pack = packs.load(revision.prompt.workspace, revision.pack, revision.pack_digest)
    except policies.PackError:
        return None
    return pack if pack.digest == revision.pack_digest else None


def lines_of(
    change: Change,
    evidence: tuple[Evidence, ...],
    voices: tuple[Voice, ...] = (),
    threads: Iterable[Thread] = (),
    authors: frozenset[int] = frozenset(),
) -> tuple[Line, ...]:
    """The check list; the page that asks for a review shows it before there is one."""
    facts = Facts(
        pack=change.governance.pack,
        findings=change.checked.verdict.findings,
        acknowledged=acknowledged(change.revision.prompt),
        evidence=evidence,
        voices=voices,
        threads=tuple(threads),
        authors=authors,
        same_bytes=change.same_bytes,
        reopened=not change.same_bytes and change.reopened,
        number=change.revision.number,
        judged=change.judged,
    )
    return checklist(change.requirements, facts)


def current_target(prompt: Prompt, label: str) -> Revision | None:
    """The revision that a label points to now."""
    return (
        Revision.objects.filter(releases__labels__prompt=prompt, releases__labels__name=label)
        .select_related("created_by")
        .first()
    )
