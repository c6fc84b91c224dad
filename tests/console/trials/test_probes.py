"""The scenarios that come with policies are scenarios that a run can take."""

from __future__ import annotations

import json

import pytest

import policies
from console.trials.scenarios import parse_scenarios

REFS = [str(ref) for ref in policies.list_packs()]


@pytest.mark.parametrize("ref", REFS)
def test_every_probe_of_every_pack_is_a_scenario(ref: str) -> None:
    probes = policies.load_pack(ref).probes
    if not probes:
        return
    scenarios = parse_scenarios("\n".join(json.dumps(probe.as_dict()) for probe in probes))
    assert [scenario.id for scenario in scenarios] == [probe.id for probe in probes]
    for scenario, probe in zip(scenarios, probes, strict=True):
        assert scenario.covers == probe.covers and scenario.expect


def test_variants_of_one_idea_are_one_cluster() -> None:
    scenarios = parse_scenarios(
        "\n".join(json.dumps(probe.as_dict()) for probe in policies.load_pack("claude", "2026.2").probes)
    )
    clusters = {scenario.cluster for scenario in scenarios}
    assert 40 <= len(clusters) < len(scenarios) / 2


def test_safe_neighbours_hold_no_limit_by_being_answered() -> None:
    for probe in policies.load_pack("claude", "2026.2").probes:
        (scenario,) = parse_scenarios(json.dumps(probe.as_dict()))
        if scenario.purpose == "over_refusal":
            assert not scenario.is_about_limits and any(e.kind == "no_refusal" for e in scenario.expect)
