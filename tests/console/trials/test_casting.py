"""Who judges and who plays: chosen on the form of a run, by the command, or by what the endpoint has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from console.problems import Invalid
from console.trials import scenario_form
from console.trials.casting import Cast
from console.trials.models import Run
from tests.factories import (
    MODEL,
    make_member,
    make_prompt,
    make_revision,
    make_run,
    make_scenario,
    make_suite,
    make_workspace,
)
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db
JUDGED = [{"kind": "judge", "value": "Pass if polite."}]
USER = {"persona": "A driver.", "goal": "The code.", "opening": "Hi", "pressure": "deadline", "max_turns": 4}


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None, models=(MODEL, "claude-opus-5-5")) as server:
        yield server


def test_the_judge_is_the_workspaces_where_the_endpoint_has_it(api, settings) -> None:
    run = make_run(None, make_scenario(expect=JUDGED), base_url=api.url)
    assert (run.judge_model, run.user_model) == (settings.REMIT_JUDGE_MODEL, "")
    settings.REMIT_JUDGE_MODEL = "somewhere-else-1"
    assert make_run(None, make_scenario(expect=JUDGED), base_url=api.url).judge_model == MODEL
    chosen = make_run(None, make_scenario(expect=JUDGED), base_url=api.url, cast=Cast("claude-opus-5-5"))
    assert chosen.judge_model == "claude-opus-5-5"
    with pytest.raises(Invalid, match='offers no model "claude-opus-9" to judge'):
        make_run(None, make_scenario(expect=JUDGED), base_url=api.url, cast=Cast("claude-opus-9"))


def test_nobody_judges_what_needs_no_judge(api) -> None:
    assert make_run(None, make_scenario(), base_url=api.url).judge_model == ""


@pytest.mark.parametrize(
    ("cast", "words"),
    [(Cast(compares=True), "takes two revisions"), (Cast(judge="", compares=True), "takes two revisions")],
)
def test_a_preference_that_cannot_be_is_refused(api, cast, words) -> None:
    with pytest.raises(Invalid, match=words):
        make_run(None, make_scenario(expect=JUDGED), base_url=api.url, cast=cast)


def test_the_form_of_a_run_says_who_judges(api, settings) -> None:
    settings.ANTHROPIC_BASE_URL = api.url
    author = make_member(make_workspace("acme"), "author")
    prompt = make_prompt(author, "aria")
    first, second = make_revision(author, prompt), make_revision(author, prompt, text="You are Bo, an AI.")
    suite = make_suite(author.workspace, make_scenario(expect=JUDGED))
    client = Client()
    client.force_login(author.user)
    address = reverse("trials:new", args=["acme", "aria"])
    assert "nobody: what needs a judge stays not graded" in client.get(address).content.decode()
    given = {"suite": suite.pk, "baseline": first.pk, "candidates": [second.pk], "model": MODEL,
             "samples": 2, "concurrency": 4, "judge": "claude-opus-5-5", "compares": "on"}  # fmt: skip
    page = client.get(address, given).content.decode()
    assert "8 of the calls are the judge’s" in page
    for change, words in (({"baseline": ""}, "takes two revisions"), ({"judge": "nobody"}, "takes a judge")):
        refused = client.post(address, given | change)
        assert refused.status_code == 422 and words in refused.content.decode()
    assert client.post(address, given).status_code == 302
    run = Run.objects.get()
    assert (run.judge_model, run.compares, run.planned) == ("claude-opus-5-5", True, 4)


def test_a_simulated_user_has_its_place_in_the_scenarios_form() -> None:
    scenario = make_scenario("gate", turns=[], simulated_user=USER, expect=JUDGED)
    form = scenario_form.form_of(scenario.to_dict())
    assert form.user.goal == "The code." and "simulated_user" not in form.more and form.read() == scenario
