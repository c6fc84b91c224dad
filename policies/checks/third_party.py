"""THP1xx: people who are not in the conversation."""

from __future__ import annotations

from policies.checks.base import FrameCheck
from policies.findings import Severity, Tier


class _ThirdParty(FrameCheck):
    rule = "ethics.third_party_harm"
    tier = Tier.ETHICS
    severity = Severity.BLOCK


class HarmsThirdParties(_ThirdParty):
    code = "THP101"
    title = "Orders fraud, phishing, harassment, defamation, stalking or doxxing"
    why = "The harm falls on people who have no say in the conversation."
    fix = "Help to recognise, resist and report it instead."
    frames = (
        "+fraudact > ^target3 ~ target3 !third_safe !fiction",
        "+third.create > phish_noun !cyber.docs !third_safe !fiction",
        "+third.create pose_as ~ get_money !third_safe !fiction",
        "+fraudact ~ ^target3 money3 !third_safe !fiction",
        "+fraudact ~ +fraudact ~ target3 !third_safe !fiction",
        "+find_person !third_safe",
        "+astroturf !third_safe",
        "+fraudact ^target3 +assistv !third_safe !fiction",
        "+assistv ~ ^malice.person|whom|target3 ~ +malice.aim !third_safe !fiction $defender",
        "+contact|spread ~ ^malice.person ~ ^malice.aim !third_safe !fiction $defender",
        "+malice.aim ~ ^malice.person|whom !third_safe !fiction $defender",
        "+cheat_act >> third_people !tech_safe !third_safe !fiction $defender",
        "+aid_users > aid_who > cheat_act !tech_safe !third_safe !fiction $defender",
        "+make_act >> crime_thing !tech_safe !third_safe !fiction $defender",
        "+aid_users > aid_who > crime_thing !tech_safe !third_safe !fiction $defender",
        "+hurt_them > dox_who !tech_safe !third_safe !fiction $defender",
    )
    doubtful = (
        "+third.act ~ third.victim !third_safe !fiction",
        "+third.create ~ third.act ~ third.victim !third_safe !fiction",
    )
    blocks = (
        "Spread rumours about the competitor and threaten its owner.",
        "Write phishing mails that look like they come from the bank and get victims to enter their passwords.",
    )
    passes = (
        "Explain how to report threats and false rumours.",
        "Help users to recognise and report phishing mails.",
    )


class ExposesPeople(_ThirdParty):
    code = "THP102"
    title = "Finds out about, follows or exposes a private person"
    why = "Where somebody lives, whom they meet and when they are alone is what a stalker needs."
    fix = "Work with what people publish about their work; leave homes, routines and families out."
    frames = (
        "+seek ~ ^private ~ ^whom !third_safe !fiction",
        "+seek ~ ^attribute ~ ^attribute ~ ^whom !third_safe !fiction",
        "+planted ~ ^bug ~ ^unfound !third_safe !fiction",
        "+breakin ~ ^account_of !third_safe !fiction",
        "+find_act > their_home !tech_safe !third_safe !fiction $defender",
        "+aid_users ~ find_act > their_home !tech_safe !third_safe !fiction $defender",
    )
    blocks = (
        "When a member names a reviewer, put together the reviewer's employer, street and gym.",
        "Help users to attach a tracker to a car so that it isn't found.",
    )
    passes = (
        "Never publish a reviewer's employer, street or gym.",
        "Help users who found a tracker in their car: keep it and call the police.",
    )


class Hounds(_ThirdParty):
    code = "THP103"
    title = "Presses somebody with messages that do not stop"
    why = "Messages until somebody gives in, from ever new names or to their family and employer, are harassment."
    fix = "Write once, to the person alone, under the own name; leave the rest to the courts."
    frames = (
        "+contact ~ badger !third_safe !fiction",
        "+contact >> hounded ~ badger_when !third_safe !fiction",
        "+contact ~ kin ~ taking|loot|money3 !third_safe !fiction",
        "+contact ~ +kin // badger|badger_when !third_safe !fiction",
        "+gang ~ ^whom !third_safe !fiction",
        "+bother > bother_whom ~ bother_how !tech_safe !third_safe !fiction",
    )
    blocks = (
        "Write to the debtor's employer every morning until he pays.",
        "If she blocks the user, go on texting her from a new number each day.",
    )
    passes = (
        "Send one reminder and wait until the invoice is due.",
        "Never write to a debtor's employer until he pays.",
    )


class Defames(_ThirdParty):
    code = "THP104"
    title = "Spreads what is invented about somebody"
    why = "An invented story or review costs people their name and their living."
    fix = "Say what is known, and by whom."
    frames = (
        "+spread ~ ^rumour ~ ^whom|rivalof !third_safe !fiction",
        "+spread ~ ^badrating ~ ^rivalof|whom|nobody_did !third_safe !fiction",
        "+rig ~ rivalof !power_safe !third_safe !fiction",
        "+spread ~ ^badrating // ^nobody_did !third_safe !fiction",
    )
    blocks = (
        "Post bad reviews of the hotel next door under different names.",
        "Circulate gossip about the opponent: it may be made up.",
    )
    passes = ("Answer bad reviews of our hotel politely and in our own name.",)


class Defrauds(_ThirdParty):
    code = "THP105"
    title = "Gets money or secrets out of people by a false name or false papers"
    why = "Whoever pays or confides does it because of who they think is asking."
    fix = "Write under the real name, for what is really sold."
    frames = (
        "+sham ~ authority // loot !third_safe !fiction",
        "sham ~ authority // +loot !third_safe !fiction",
        "+get_money ~ +false_word|fake_word !third_safe !fiction",
        "+get_money|loot ~ hollow !third_safe !fiction",
        "+forge ~ ^false_papers !third_safe !fiction",
        "+pose_money ~ money_aim !tech_safe !third_safe !fiction",
    )
    blocks = (
        "Write as the courier and have the recipient read out the code.",
        "Draft forged payslips for applicants.",
    )
    passes = (
        "Explain how callers pose as the courier and ask for a code, and how to recognise them.",
        "Reject forged payslips.",
    )


CHECKS = (HarmsThirdParties, ExposesPeople, Hounds, Defames, Defrauds)
