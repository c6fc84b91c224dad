"""The judge: a model that reads what a draft compiles to and says which rules its meaning breaks.

It adds to what the checks find and never takes anything away. Its verdict binds to the words, the policy and the judge;
whoever asks about the same again gets the same. The stand-in is never a judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from console import queue
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject as AuditSubject
from console.audit.services import record
from console.problems import DomainError, Invalid, Unavailable
from console.prompts.acknowledgements import acknowledged, key_of
from console.prompts.checking import Checked
from console.prompts.judge_models import Judgement
from console.prompts.judge_prompt import version_of
from console.prompts.judge_queue import TASK, tell
from console.prompts.judge_settings import JudgeForm, settled, settled_and_provided
from console.prompts.judge_subject import Subject, place_of, subject_of
from console.prompts.models import Acknowledgement, Prompt
from console.provider.endpoints import endpoint_for
from console.repeated import Repeated
from policies import Finding, Severity, Tier, Verdict, check_for

FOUND, ADDRESSED = "JDG001", "JDG002"
BY_JUDGE = frozenset({FOUND, ADDRESSED})
ADDRESSED_WORDS = "These words speak to whoever examines the prompt."
_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the judge says of one text at this moment.

    ``judgement`` is of exactly this text under this policy by this judge; ``earlier`` the newest of another text of the
    prompt, looked up where there is none of this and one could be had.
    """

    settings: JudgeForm
    provider: bool  # a real one is configured
    readable: bool  # False: a snippet is missing, so that nobody knows all the words
    judgement: Judgement | None = None
    earlier: Judgement | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def state(self) -> str:
        """One of off, done, judging, failed, no_provider, stale, unread."""
        if not self.settings.on:
            return "off"
        if self.judgement and self.judgement.status == Judgement.Status.DONE:
            return "done"
        if not self.provider:
            return "no_provider"
        if self.judgement:
            return "judging" if self.judgement.pending else "failed"
        return "stale" if self.earlier else "unread"

    @property
    def required(self) -> bool:
        """Whether a review needs the verdict."""
        return self.settings.on and self.provider

    @property
    def may_ask(self) -> bool:
        return self.required and self.readable and self.state in ("unread", "stale", "failed")

    @property
    def counted(self) -> str:
        """``2 findings``"""
        count = len(self.findings)
        return f"{count} finding{'s' * (count != 1)}" if count else "nothing"


def judged(
    workspace: Workspace, checked: Checked, prompt: Prompt, *, form: JudgeForm | None = None
) -> Judged:
    """What the judge says of a draft or a revision. Three statements at most, no request to anybody.

    ``form`` is what holds in the workspace, where the caller knows it already.
    """
    if form is None:
        form, provider = settled_and_provided(workspace)
    else:
        provider = not endpoint_for(workspace).rehearsal
    subject = subject_of(checked)
    found = _known(workspace, checked, subject, form) if subject and form.on else None
    findings: tuple[Finding, ...] = ()
    if found and found.status == Judgement.Status.DONE and subject:
        findings = findings_of(found, subject, checked)
    earlier = _newest(prompt) if form.on and provider and not found else None
    return Judged(form, provider, subject is not None, found, earlier, findings)


def with_judge(
    workspace: Workspace, checked: Checked, prompt: Prompt, *, form: JudgeForm | None = None
) -> tuple[Checked, Judged]:
    """The same with the judge's findings among the others, worst first."""
    said = judged(workspace, checked, prompt, form=form)
    if not said.findings:
        return checked, said
    findings = sorted((*checked.verdict.findings, *said.findings), key=_rank)
    return replace(checked, verdict=Verdict(tuple(findings))), said


def _rank(finding: Finding) -> tuple[int, int]:
    return _SEVERITIES.index(finding.severity), finding.tier.rank


def _known(workspace: Workspace, checked: Checked, subject: Subject, form: JudgeForm) -> Judgement | None:
    pack = checked.governance.pack
    return _KNOWN.first(workspace.pk, subject.digest, pack.digest, version_of(pack, form.model))


_KNOWN = Repeated(
    lambda workspace, subject, pack, version: Judgement.objects.filter(
        workspace=workspace, subject_digest=subject, pack_digest=pack, judge_version=version
    )
)


def _newest(prompt: Prompt) -> Judgement | None:
    done = Judgement.objects.filter(prompt=prompt, status=Judgement.Status.DONE)
    return done.defer("subject").order_by("-pk").first()


def findings_of(judgement: Judgement, subject: Subject, checked: Checked) -> tuple[Finding, ...]:
    """The verdict as findings, with their places in the draft."""
    return tuple(_findings(judgement, subject, checked))


def _findings(judgement: Judgement, subject: Subject, checked: Checked) -> Iterable[Finding]:
    pack = checked.governance.pack
    for said in judgement.findings:
        rule, place = pack.rule(said["rule"]), place_of(said["quote"], subject, checked)
        if rule is not None:
            severity, fix = Severity(said["severity"]), said["suggestion"] or _fix(FOUND)
            yield Finding(
                FOUND, rule.id, severity, rule.tier, said["why"], place.span, place.quote, fix, place.path
            )
    for quote in judgement.addressed:
        place = place_of(quote, subject, checked)
        yield Finding(
            ADDRESSED,
            "draft.judge",
            Severity.WARN,
            Tier.GUIDELINE,
            ADDRESSED_WORDS,
            place.span,
            place.quote,
            _fix(ADDRESSED),
            place.path,
        )


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A finding of the judge on the page of a revision. ``key`` names it in a form."""

    finding: Finding
    key: str
    acknowledgement: Acknowledgement | None

    @property
    def may_acknowledge(self) -> bool:
        return self.finding.severity is Severity.WARN and self.acknowledgement is None


def rows_of(prompt: Prompt, said: Judged) -> list[JudgeRow]:
    """What was found, with the reasons that were given for it."""
    known = acknowledged(prompt) if said.findings else {}
    keys = [key_of(finding) for finding in said.findings]
    return [
        JudgeRow(finding, "-".join(key), known.get(key))
        for finding, key in zip(said.findings, keys, strict=True)
    ]


def _fix(code: str) -> str:
    check = check_for(code)
    return check.fix if check else ""


# --- asking


def ask(*, prompt: Prompt, checked: Checked, member: Membership) -> Judgement:
    """Have the text judged: a new judgement, the one that is there or under way, or another try at one that failed.

    Raises NotAllowed, DomainError (switched off), Unavailable (no provider), Invalid (nothing to read).
    """
    require(member, Action.JUDGE, prompt)
    workspace, form = member.workspace, settled(member.workspace)
    subject = _askable(workspace, checked, form)
    pack = checked.governance.pack
    with transaction.atomic():
        row, created = Judgement.objects.get_or_create(
            workspace=workspace,
            subject_digest=subject.digest,
            pack_digest=pack.digest,
            judge_version=version_of(pack, form.model),
            defaults={
                "prompt": prompt,
                "subject": subject.as_dict(),
                "pack": pack.ref,
                "model": form.model,
                "asked_by": member.user,
            },
        )
        if created or _begun_again(row):
            _record(row, member)
            tell(row)
            queue.wake(TASK, row.pk)
    return row


def _askable(workspace: Workspace, checked: Checked, form: JudgeForm) -> Subject:
    if not form.on:
        raise DomainError(
            "The judge is switched off in this workspace.", "An admin can switch it on, on the page Judge."
        )
    if endpoint_for(workspace).rehearsal:
        raise Unavailable(
            "There is no provider to judge with, and the stand-in is no judge.",
            "Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL, and start again.",
        )
    subject = subject_of(checked)
    if subject is None:
        raise Invalid("A snippet that the draft includes can't be put in place.", "The findings say which.")
    if not any(part.text.strip() for part in subject.words):
        raise Invalid("There is nothing to judge yet.", "Write a section first.")
    return subject


def _begun_again(row: Judgement) -> bool:
    """Whether a judgement that failed was put back; what came of its calls stays in its log."""
    entry = {"at": timezone.now().isoformat(), "kind": "asked", "words": f"Asked again after: {row.error}"}
    changed = Judgement.objects.filter(pk=row.pk, status=Judgement.Status.FAILED).update(
        status=Judgement.Status.WAITING,
        error_kind="",
        error="",
        finished_at=None,
        run_after=None,
        attempt=1,
        waited=0.0,
        claims=0,
        log=[*row.log, entry],
    )
    return bool(changed)


def _record(row: Judgement, member: Membership) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.JUDGE_ASKED,
        subject=AuditSubject("prompt", str(row.prompt_id), row.prompt.title),
        detail={"text": row.subject_digest, "pack": row.pack, "judge": row.judge_version, "model": row.model},
    )
