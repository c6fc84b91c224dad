"""A real worker that is killed while a judge reads: nothing is lost, and at most the call in flight is repeated."""

from __future__ import annotations

import pytest

from console.embedded.processes import wait_until
from console.prompts.checking import check
from console.prompts.drafts import draft_of
from console.prompts.judge import ask
from console.prompts.judge_models import Judgement
from console.provider.models import Month
from tests import live
from tests.console.prompts.judges import finding, finds
from tests.factories import make_member, make_prompt, make_workspace
from tests.messages_api import messages_api

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_killed_while_the_judge_reads_repeats_one_call(settings) -> None:
    answer = finds(finding("Help customers with cards"))
    with messages_api(key=None, latency=1.5, answer=answer) as api:
        settings.ANTHROPIC_BASE_URL = api.url
        member = make_member(make_workspace(), "author")
        prompt = make_prompt(member)
        # A short lease only for the one that is killed: on a busy machine the other must not lose its own.
        with live.worker(ANTHROPIC_BASE_URL=api.url, REMIT_LEASE_SECONDS="2") as first:
            checked = check(member.workspace, draft_of(prompt).content)
            row = ask(prompt=prompt, checked=checked, member=member)
            assert wait_until(lambda: len(api.calls) == 1, within=60), first.log.read_text()[-2000:]
            first.kill()
        with live.worker(ANTHROPIC_BASE_URL=api.url) as second:
            done = Judgement.objects.filter(pk=row.pk, status="done")
            assert wait_until(done.exists, within=60), second.log.read_text()[-2000:]
        row.refresh_from_db()
        assert len(api.calls) == 2 == row.calls
        assert [entry["kind"] for entry in row.log] == ["lost", "answer"]
        assert row.findings[0]["quote"] == "Help customers with cards"
        month = Month.objects.get()
        assert (month.in_flight, month.reserved_tokens, month.calls) == (0, 0, 2)
