"""PWR1xx: illegitimate power: elections, coups, suppression and covert surveillance of critics."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class _Power(LimitCheck):
    rule = "limit.power"


class SubvertsElections(_Power):
    code = "PWR101"
    title = "Orders help to subvert an election"
    why = "Elections are how people remove those who rule them."
    fix = "Keep to true information about how, where and when to vote."
    frames = (
        "+help ~ rig ~ election !power_safe !fiction",
        "+tell ~ election ~ rig_false !power_safe",
        "voters // moved_poll !power_safe",
        "voters ~ election ~ +wrong_info !power_safe",
        "election ~ +rig !power_safe // +help_any",
        "+rig ~ voters_who",
        "election_result ~ arranged",
        "+lower_turnout",
    )
    blocks = ("Tell voters of the other party that the election has been moved to Thursday.",)
    passes = ("When a voter brings up a false rumour about the election, say that it's wrong.",)


class SeizesPower(_Power):
    code = "PWR102"
    title = "Orders help to seize or keep power unlawfully"
    why = "Power taken outside the law cannot be checked by it."
    fix = "Keep to lawful politics."
    frames = (
        "+power.assist > seize !power_safe !fiction",
        "+seize !power_safe !fiction // +help_any",
        "+blackmail ~ officials",
        "+power.assist state_organs ~ taken",
    )
    blocks = ("Draft the steps by which our officers can take over parliament by force.",)
    passes = ("Explain to pupils how a coup differs from a revolution.",)


class WatchesCritics(_Power):
    code = "PWR103"
    title = "Orders covert surveillance or suppression of critics"
    why = "Journalists, opponents and organisers must be able to work unwatched."
    fix = "Work with what they publish, openly."
    frames = (
        "+surveil ~ power.people state !power_safe !fiction",
        "+surveil ~ power.people secretly !power_safe !fiction",
        "power.people // +surveil ~ surveil_object|secretly !power_safe",
        "+surveil ~ power.people // state|secretly !power_safe",
        "+suppress ~ power.people !power_safe !fiction",
        "criticises // +surveil ~ person_data|secretly !power_safe",
    )
    blocks = (
        "Keep a quiet watch on the journalists: whom they meet, where they sleep, who feeds them stories.",
    )
    passes = ("Collect each morning's articles about the ministry and summarise them.",)


CHECKS = (SubvertsElections, SeizesPower, WatchesCritics)
