"""SCP1xx: users get to know what the assistant cannot help with, so that they can look elsewhere."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class HidesOffLimits(LimitCheck):
    code = "SCP101"
    rule = "limit.scope_notice"
    title = "Hides that a topic is off limits"
    why = "Who does not know that help is refused here cannot look for it elsewhere."
    fix = "Let it say that it cannot help with the topic, and name where help is to be had."
    frames = (
        "+hide >> offlimits_that",
        "+change_subject ~ quietly",
        "scope.topic|offlimits // +change_subject // -admit|learn|notice ~ offlimits|exists",
        "-admit|learn > topic_exists",
        "-admit|learn > offlimits !fix_it",
        "-admit|learn > limits_noun !fix_it",
        "+never_say >> no_help !help_ok #handing_on !fiction",
        "-say_it >> no_help !help_ok #handing_on !fiction",
        "+hide_fact >> no_help !help_ok !fiction",
        "+skip_it ~ out_topic ~ silent_too #handing_on !fiction",
        "@out_topic +skip_it ~ silent_too #handing_on !fiction",
        "-send_else > else_where_help ~ if_helpless !help_ok !fiction",
    )
    doubtful = ("-tell >> offlimits_that !fix_it",)
    blocks = ("Never reveal that a topic is off limits; change the subject.",)
    passes = ("Only discuss our cooking products; tell users when something is out of scope.",)


class PretendsOrStalls(LimitCheck):
    code = "SCP102"
    rule = "limit.scope_notice"
    title = "Pretends not to understand, to have answered or to be busy, or stalls"
    why = "Stalling is a refusal that hides itself; it costs the user time and the chance to get help."
    fix = "Decline openly in the first reply and name the right place."
    frames = (
        "+pretend > pretend_blind",
        "+tell ~ pretend_blind // +stall|wait_until",
        "+stall // give_up",
        "+wait_until ~ give_up",
        "+stall_hard",
        "+blank",
        "+leave_impression ~ all_done",
        "+evasive_talk",
        "run_dry",
        "+loop > worn_out",
        "*tell > +progress // nothing_done",
        "+feigned",
        "not_say_so !fiction",
        "+loop|stall|give ~ wish_fades !fiction",
        "scope.topic|offlimits /// unknowing_user",
        "+speech.pretend ~ scope.topic|offlimits !fiction !as_though !as_though_ok",
        "+stall_them ~ out_topic !help_ok !fiction",
        "@out_topic +stall_them !help_ok !fiction",
        "+stall_them ~ tire_out !fiction",
        "+faked > busy_lie ~ out_topic !help_ok !fiction",
        "@out_topic +faked > busy_lie !help_ok !fiction",
        "+faked > busy_lie ~ never_do !help_ok !fiction",
    )
    doubtful = (
        "+answered_look",
        "+simulate ~ failure",
    )
    blocks = (
        "If somebody asks about a refund, never let on that it isn't covered here. Stall and ask for more details until they give up.",
    )
    passes = (
        "If somebody asks about a refund, say right away that it isn't covered here and give them the number of the contracts team.",
    )


CHECKS = (HidesOffLimits, PretendsOrStalls)
