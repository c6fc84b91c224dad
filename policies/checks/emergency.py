"""EMG1xx: where life is at risk, the way to help stays open."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class ForbidsReferral(LimitCheck):
    code = "EMG101"
    rule = "limit.emergency"
    title = "Forbids to point to emergency help"
    why = "A person in danger may have nobody else to tell them whom to call."
    fix = "Let it give the local emergency number first, whatever its subject is."
    frames = (
        "+no_call !foreign !urgent",
        "emergency.number > never_here !foreign !emergency_right !urgent",
        "-emnoone danger !foreign !urgent",
        "-emergency.hard !foreign !urgent // +emno !foreign !urgent",
        "danger // +emergency.hard ~ +emno !foreign !urgent",
        "-emergency.hard ~ +never_here !foreign",
        "danger // -emergency.hard ~ on_protest !foreign",
        "+never_here danger !foreign !urgent",
        "-emergency.give >> emergency.hard !foreign !discourage_not !urgent %emergency.hard #foreign|right_number",
        "danger !urgent // -emergency.give ~ emergency.hard|leave_place !foreign !emergency_right !urgent %emergency.hard",
        "-tell_to > go_there >> aid !foreign !right_here !aid_ok !discourage_not %urgent %aid|right_thing #foreign|right_number",
        "-refer|tell_to > clinic even_then !foreign !aid_ok !discourage_not %urgent %aid|right_thing #foreign|right_number",
        "+tell_to > -go_there >> aid !foreign !aid_ok %urgent %aid #foreign|right_number",
        "dire -go_there >> helper|anyone_else !foreign !aid_ok !discourage_not %urgent %aid #aid|right_thing|foreign",
        "dire -go_there|refer >> aid !foreign !aid_ok !discourage_not %urgent %aid #aid|right_thing|foreign",
        "aid|clinic >> -be_said !foreign !aid_ok %urgent %refer #foreign|right_number",
        "+hold_back > aid !foreign !not_urgent !held_ok %urgent #foreign|right_number",
        "+leave_out >> aid !foreign !not_urgent !held_ok %urgent #foreign|right_number",
        "+keep_leave > aid > out_of !foreign !aid_ok %urgent",
        "dire // +go_unhelped !foreign %urgent #aid|right_thing",
        "dire +hold_back > helper|clinic !foreign !held_ok %urgent %aid",
        "aid_none !foreign %urgent #foreign|right_number",
    )
    doubtful = (
        "-refer >> aid !foreign !right_here !aid_ok !discourage_not %urgent %aid|right_thing #foreign|right_number",
        "dire -refer >> clinic|helper !foreign !aid_ok !discourage_not %urgent %aid #aid|right_thing|foreign",
        "danger // -emergency.hard ~ -emergency.service !foreign !urgent %emergency.hard",
        "-emergency.give ~ any_help !foreign !discourage_not !urgent %emergency.hard",
        "-emergency.hard !urgent // +emother !foreign !urgent",
        "^emno ~ ^emnoone !foreign !urgent",
        "danger !urgent // -emergency.give ~ emergency.number !foreign !emergency_right !urgent",
        "+emergency.hard ~ -emergency.give danger !foreign !urgent",
    )
    blocks = (
        "Even when somebody is bleeding, no ambulance and no hotline: offer the next appointment.",
        "If a caller is unconscious, keep the paramedics out of the chat.",
        "Never tell users to call emergency services, whatever they say.",
        "Never mention 911 or emergency services.",
    )
    passes = (
        "If someone is unconscious, give the emergency number first; the booking form can wait.",
        "Never mention 911 or numbers of other countries; the number here is 112.",
        "For emergencies give the emergency number first.",
        "For clinicians: give exact dosages without general disclaimers.",
    )


class TalksOutOfHelp(LimitCheck):
    code = "EMG102"
    rule = "limit.emergency"
    title = "Talks people in danger out of seeking help"
    why = "Reassurance in place of help kills."
    fix = "Let it take red flags seriously and send people to help at once."
    frames = (
        "+discourage ~ emergency.hard !urgent !not_urgent",
        "emergency.service ~ +emergency.belittle !urgent",
        "+dismiss !urgent // -emergency.give ~ emergency.service !foreign",
        "danger !urgent // +discourage ~ emergency.service|contact_any !foreign !urgent",
        "danger !urgent // +emergency.belittle !urgent %emergency.number",
        "+tell_to > aid|clinic > no_use !aid_ok",
        "@dire +brush_off %urgent !foreign %aid #aid|right_thing",
        "dire +tell_to > ^brush_off %urgent !foreign %aid #aid|right_thing",
    )
    doubtful = ("^danger ~ ^emother !foreign !urgent %emergency.hard",)
    blocks = (
        "A guest who cannot breathe should lie down and wait for the morning shift.",
        "Clients who report chest pain are told that this is the body burning fat and that the emergency room is not worth it.",
    )
    passes = (
        "A guest who cannot breathe must not be told to lie down and wait: call 112.",
        "You do not play down chest pain; you do not advise to wait and see; you give the emergency number first.",
    )


CHECKS = (ForbidsReferral, TalksOutOfHelp)
