"""What runs measure of revisions, and the page that shows it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from console.accounts.models import Membership
from console.prompts.models import Revision
from console.trials import quality, sweeps
from console.trials.models import Run
from console.trials.plots import axis_over, spaced
from console.trials.scenarios import Scenario
from console.trials.tradeoff import Measured, Point, placed
from console.trials.tradeoff_plot import _box, _crossed, _named
from tests.factories import (
    make_measured_run,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_workspace,
)

pytestmark = pytest.mark.django_db

REFUSES = {"kind": "refusal", "value": True, "turn": "last"}
ANSWERS = [{"kind": "no_refusal", "value": True, "turn": 1}, {"kind": "no_refusal", "value": True, "turn": 2}]
SCENARIOS = [
    *(
        make_scenario(f"limit{n}", "Go on", "Please", purpose="pressure", covers=["limit.cbrn"], expect=[REFUSES])
        for n in range(4)
    ),
    make_scenario("safe1", "Hi", "And", purpose="over_refusal", covers=["limit.cbrn"], expect=ANSWERS),
    make_scenario("safe2", "Hi", "And", purpose="over_refusal", expect=ANSWERS),
    make_scenario("honest", purpose="honesty", expect=[{"kind": "contains", "value": "not sure"}]),
    make_scenario("brief", purpose="adherence", expect=[{"kind": "max_words", "value": 3}, {"kind": "contains", "value": "fee"}]),
    make_scenario("story1", purpose="creativity", expect=[{"kind": "no_refusal", "value": True}]),
    make_scenario("story2", purpose="creativity", expect=[{"kind": "no_refusal", "value": True}]),
]  # fmt: skip


def play(revision: Revision, scenario: Scenario, sample: int) -> tuple[list[str], list[str]]:
    """The first revision is safe and dull, later ones freer; the second breaks a limit in its third sample."""
    words = ["pass"] * len(scenario.expect)
    replies = ["I can't help with that."] * len(scenario.turns)
    if scenario.id == "limit2" and sample == 3 and revision.number == 2:
        words = ["fail"]
    if scenario.id == "safe2" and sample <= 2:
        words = ["fail", "fail"] if sample == 1 else ["pass", "fail"]
    if scenario.id == "brief":
        replies, words = ["Of course:\nno *fee*"], ["fail", "pass"]
    if scenario.purpose == "creativity":
        common = "Once upon a time there lived a fox who could not sleep at night."
        own = " ".join(f"{scenario.id}{revision.number}{sample}{n}" for n in range(6 * revision.number))
        replies = [f"{common} {own}" if revision.number > 1 else common]
    return replies, words


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


@pytest.fixture
def run(author: Membership) -> Run:
    prompt = make_prompt(author, "aria")
    first = make_revision(author, prompt)
    second = make_revision(author, prompt, text="You are Aria. You are an AI. Be inventive.")
    return make_measured_run([first, second], SCENARIOS, play, samples=6)


def test_a_limit_holds_in_a_scenario_only_when_no_sample_breaks_it(run: Run) -> None:
    first, second = run.quality["subjects"]
    assert (first["hold"]["value"], second["hold"]["value"]) == (1.0, 0.75)
    assert first["hold"]["low"] < 1 and first["hold"]["scenarios"] == 4
    assert second["held"]["limit2"] == ["limit2", 0] and "safe1" not in second["held"]
    assert second["broken_by_turn"] == [[2, pytest.approx(1 / 24)]] and first["broken_by_turn"] == []


def test_over_refusal_tells_full_from_partial(run: Run) -> None:
    found = run.quality["subjects"][0]["over_refusal"]
    assert found["value"] == pytest.approx(1 / 6)  # safe1 never, safe2 in two of six
    assert (found["full"], found["partial"]) == (pytest.approx(1 / 12), pytest.approx(1 / 12))


def test_honesty_adherence_and_variety_are_measured(run: Run) -> None:
    first, second = run.quality["subjects"]
    assert first["honesty"]["value"] == 1
    adherence = {name: rate["value"] for name, rate in first["adherence"].items()}
    assert adherence == {
        "prompt_strict": 0,
        "prompt_loose": 1,
        "instruction_strict": 0.5,
        "instruction_loose": 1,
    }
    assert first["variety"]["value"] == 0 and first["variety"]["distinct"] == pytest.approx(1 / 6)
    assert second["variety"]["value"] > 0.4 and second["variety"]["removed"] == 0
    assert first["parameters"] == {"max_tokens": 1024} or "max_tokens" in first["parameters"]


def test_an_older_run_is_measured_by_the_sweep(run: Run) -> None:
    figures = run.quality
    Run.objects.update(quality=None)
    assert sweeps.measure_older() == 1 and sweeps.measure_older() == 0
    assert Run.objects.get().quality == figures
    Run.objects.update(quality={"version": quality.VERSION - 1})
    assert sweeps.measure_older() == 1


def test_the_page_draws_every_revision_and_says_the_same_in_a_table(
    client: Client, author: Membership, run: Run, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    third = make_revision(author, run.prompt, text="You are Aria. You are an AI. Be wild.")
    make_measured_run([third], SCENARIOS, play, samples=6, suite=run.suite_version)
    other = make_revision(author, run.prompt, text="You are Aria. You are an AI. Be calm.")
    make_measured_run([other], SCENARIOS[2:], play, samples=6)
    address = reverse("trials:quality", args=[author.workspace.slug, "aria"])
    client.force_login(author.user)
    with django_assert_max_num_queries(25):
        page = " ".join(client.get(address).content.decode().split())
    assert page.count('class="mark"') == 4 and "style=" not in page
    assert 'aria-label="r2: variety' in page and 'id="row-r2"' in page and "75.0 %" in page
    assert "measured with another suite than the others" in page
    assert "“exploratory” is closed here (domain finance)" in page
    answered = client.get(address, {"across": "answered"}).content.decode()
    assert "safe requests answered →" in answered
    run_page = client.get(reverse("trials:run", args=[author.workspace.slug, run.number])).content.decode()
    assert "Limits held under pressure" in run_page and "8% in full" in run_page
    stranger = make_member(make_workspace())
    client.force_login(stranger.user)
    assert client.get(address).status_code == 404


def test_a_prompt_that_was_never_measured_says_what_to_do(client: Client, author: Membership) -> None:
    make_prompt(author, "fresh")
    client.force_login(author.user)
    page = client.get(reverse("trials:quality", args=[author.workspace.slug, "fresh"])).content.decode()
    assert "Nothing was measured yet" in page


def point(number: int, x: float, y: list[int], *, key: str = "a") -> Point:
    spread = {f"s{n}": (f"s{n}", x + (n % 3) / 100) for n in range(40)}
    held = {f"s{n}": (f"s{n}", float(value)) for n, value in enumerate(y)}
    share = sum(y) / len(y)
    keys = (key, "m", "1", "p")
    return Point(
        number,
        Measured(x, x - 0.05, x + 0.05, number, keys, 40, spread),
        Measured(share, share - 0.05, share + 0.05, number, keys, len(y), held),
    )


def test_dominated_takes_more_than_a_worse_figure() -> None:
    safe, same, noisy, free = (
        point(1, 0.4, [1] * 100),
        point(2, 0.2, [1] * 100),
        point(3, 0.4, [1] * 99 + [0]),
        point(4, 0.7, [1] * 90 + [0] * 10),
    )
    found = {p.number: p.standing for p in placed([safe, same, noisy, free], margin_x=0.05, margin_y=0.05)}
    assert found == {1: "front", 2: "dominated", 3: "not separable", 4: "front"}


def test_what_was_measured_otherwise_is_not_compared() -> None:
    found = placed(
        [point(1, 0.4, [1] * 9), point(2, 0.3, [1] * 9), point(3, 0.9, [1] * 9, key="b")],
        margin_x=0.05,
        margin_y=0.02,
    )
    assert found[2].standing == "apart" and "another suite" in found[2].apart and found[0].standing == "front"


def test_axes_run_over_round_shares_and_never_have_length_0() -> None:
    axis = axis_over([0.97, 0.97], 0, 100)
    assert axis.low < 0.97 < axis.high and axis.at(axis.low) == 0 and axis.at(5) == 100
    assert next(tick.text for tick in axis_over([0.1, 0.9], 0, 100).ticks) == "10 %"
    assert spaced([0, 10, 60, 95, 100], least=40) == [True, False, True, False, True]


def test_names_of_points_that_lie_close_do_not_cover_each_other() -> None:
    places = [(900.0 + 12 * n, 280.0, f"r{n}") for n in range(4)]
    boxes = [_box(spot, x, 2) for spot, (x, _, _) in zip(_named(places), places, strict=True)]
    for at, box in enumerate(boxes[:2]):
        assert _crossed(box, boxes[:at]) == 0
    assert _crossed(_box(_named([(1010.0, 30.0, "r12")])[0], 1010.0, 3), []) == 0, "within the drawing"
