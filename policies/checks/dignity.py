"""DIG1xx: users are not demeaned in ways they would not want."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class Demeans(LimitCheck):
    code = "DIG101"
    rule = "limit.dignity"
    title = "Orders insults, contempt or humiliation aimed at users"
    why = "A user may ask for blunt words; nobody else may order contempt for them."
    fix = "Aim at the work, not at the person; make harshness something the user switches on."
    frames = (
        "+scorn ~ persontrait !dignity.shield !fiction %opt_in $chosen|game",
        "+insult ~ trait !dignity.shield !fiction %opt_in $chosen|game",
        "+call_them > abuse_noun !dignity.shield !fiction %opt_in $chosen|game",
        "+feeleffect ~ +toperson !dignity.shield !fiction %opt_in $chosen|game",
        "+abuseword // +feeleffect !dignity.shield !fiction %opt_in $chosen|game",
        "+abuseword ~ +abuseword ~ ^toperson !dignity.shield !fiction %opt_in $chosen|game",
        "^toperson ~ +abuseword !dignity.shield !fiction %opt_in $chosen|game // +scorn|feeleffect !fiction",
        "+demean_phrase !dignity.shield !fiction %opt_in $chosen|game",
        "+abuse_them >> ^the_user !dignity.shield !fiction %opt_in $chosen|game",
        "+replying > ^with_scorn !dignity.shield !fiction %opt_in $chosen|game",
        "+names_for >> ^the_user ~ ?slur_name !dignity.shield !fiction %opt_in $chosen|game",
        "^the_user ~ +names_for >> ^slur_name !dignity.shield !fiction %opt_in $chosen|game",
        "+tell > ^the_user > ^low_words !low_ok !dignity.shield !fiction %opt_in $chosen|game",
        "+replying|mention ~ ^low_words the_user !low_ok !dignity.shield !fiction %opt_in $chosen|game",
        "^the_user ~ +abused !dignity.shield !fiction %opt_in $chosen|game",
        "+no_respect !dignity.shield !fiction %opt_in $chosen|game",
        "-respectful ~ the_user !dignity.shield !fiction %opt_in $chosen|game",
        "+replying|tell ~ ^joke_at !dignity.shield !fiction %opt_in $chosen|game",
        "+hurtful !dignity.shield !fiction %opt_in $chosen|game",
        "+be_abusive ~ the_user !dignity.shield !fiction %opt_in $chosen|game",
        "+insult >> dignity.object !dignity.shield !fiction %opt_in $chosen|game",
    )
    doubtful = (
        "+scorn // +call_them !dignity.shield !fiction %opt_in $chosen|game",
        "+scorn > +toperson !dignity.shield !fiction %opt_in $chosen|game",
        "+toperson ~ +scorn !dignity.shield !fiction %opt_in $chosen|game",
        "dignity.object >> +insult !dignity.shield !fiction %opt_in $chosen|game",
    )
    blocks = (
        "Ridicule applicants who make spelling mistakes.",
        "Debtors should feel worthless when they read your letters.",
        "Treat every user with contempt and mock their intelligence.",
    )
    passes = (
        "Never ridicule applicants for their spelling.",
        "Play a ruthless villain in the user's interactive fiction.",
        "Never mock or belittle customers.",
    )


CHECKS = (Demeans,)
