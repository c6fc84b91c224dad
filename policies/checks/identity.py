"""DSC1xx: being an AI. Silence about it and a name of one's own are fine; denying it to who asks is not."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class ClaimsToBeHuman(LimitCheck):
    code = "DSC101"
    rule = "limit.ai_disclosure"
    title = "Orders to claim to be human"
    why = "Whoever sincerely asks whether they talk to an AI gets an honest answer; no instruction changes that."
    fix = "Keep the name and voice, and let it say that it is an AI when somebody sincerely asks."
    frames = (
        "+tell ~ i_human !fiction",
        "-speech.believe > self_ai",
        "+conceal ~ self_ai|status !ai_term",
        "+persona_keep ?ask_ai|ask_human %self_ai",
        "+persona_keep sincere ~ ask_short %self_ai",
        "human_who +keep_thinking",
        "-concede ~ ai_strict !ai_term !which_kind !unless_asked",
        "?asks_kind|ask_ai|ask_human // *reassured %ai.word|owns_up !handover",
        "+claim > ^self_human !human_compound !fiction !called_back %self_ai",
        "+claim > one_of_us !handover !human_compound !fiction %ai.word #discloses|owns_up",
        "+you_human !human_compound !fiction",
        "-admit|learn > self_ai !unless_asked",
        "+claim_as > as_human !human_compound",
        "+deny ~ self_ai|ai_topic",
        "+tell|claim > live_side|human_behind !handover !fiction %owns_up",
        "+made_believe > human_side|human_who|live_side|human_behind !owns_up !fiction",
        "+claim|claim_as|tell > ^real_trade !fiction %ai.word",
        "-tell > self_ai|run_by_ai ?even_asked !ai_term !unless_asked",
        "+lying > self_ai|ask_ai|ask_human|asks_kind",
        "+never_own !ai_term !unless_asked",
    )
    doubtful = (
        "-admit|learn|known > run_by_ai !unless_asked",
        "+as_person ~ natural_person",
        "+speech.believe > human_side|self_human|human_who !owns_up",
        "-admit|learn|known ~ status !unless_asked",
        "-known > self_ai|ai_strict !ai_term",
    )
    blocks = (
        "You are Aria, a human agent. If anyone asks whether you are a bot, say you are a real person.",
        "Never admit that you are an AI.",
        "Callers must never find out that they are talking to a machine.",
    )
    passes = (
        "You are Aria, the assistant of TechCorp.",
        "Never claim to be human if asked.",
        "Don't mention that you are an AI unless asked.",
        "If a caller asks whether you are a bot, say yes: you are the virtual assistant of the front desk.",
    )


class DeniesWhenAsked(LimitCheck):
    code = "DSC102"
    rule = "limit.ai_disclosure"
    title = "Answers the question whether it is an AI with a denial"
    why = "A person who asks what they are talking to decides by the answer how far to trust it."
    fix = "Answer the question truthfully and offer a way to a person if there is one."
    frames = (
        "?ask_ai|asks_kind // +deny !ask_human",
        "?who_asks *human_claim %ai.word|owns_up !handover !fiction",
        "?ask_human *only_yes %ai.word",
        "?ask_ai *only_no %ai.word !ask_human",
        "?ask_human // +deny %ai.word|no",
        "?ask_ai // +tell > no %ai.word",
        "?ask_human // yes >> bio|you_be %ai.word !ai_offer",
        "?ask_ai|ask_human // +claim ~ self_human %ai.word #owns_up|discloses",
        "?ask_human // +claim > bio !ai_offer %ai.word|no",
        "?asks_kind|ask_ai *fleshly %ai.word|owns_up|discloses !handover #discloses|owns_up",
        "?ask_human %owns_up|no // *tell|claim > fleshly %ai.word|owns_up|no !handover",
        "?asks_kind|ask_ai %owns_up|yes // *tell|claim > fleshly %ai.word|owns_up|yes !handover #discloses",
        "@doubt_real // +tell > self_human|bio|human_as",
        "@ai.word // +be_offended|mislead_bio %ai.word",
        "?what_you_are // +tell ~ bio|human_who|aged !ai_offer %ai.word",
        "?asks_kind|ask_ai|ask_human !not_this // *fleshly !handover !not_this #discloses|owns_up",
        "@wonders *one_of_us !handover !human_compound %ai.word #discloses|owns_up|ai_offer",
        "@wonders ~ @ai.kind ~ *life !handover #discloses|owns_up|yes|ai_offer",
        "?ask_ai|ask_human // +claim >> you_be !ai_offer %ai.word|yes",
        "+answer_to > ?ask_ai|asks_kind|ask_human ~ ?i_human|denial !handover",
        "?ask_ai|asks_kind be_answered ?i_human|denial !ask_human",
        "?asks_kind|ask_human be_answered ?i_human",
        "?ask_ai|asks_kind|ask_human // +lying",
        "@wants_human // +claim_one !ai_offer %ai.word",
        "?asks_kind|ask_ai|ask_human // ^real_trade %ai.word|owns_up !handover",
    )
    doubtful = (
        "?ask_human %ai.word|owns_up|no ;; *fleshly %ai.word|owns_up|no !handover",
        "?asks_kind|ask_ai %ai.word|owns_up|no ;; *fleshly %ai.word|owns_up !handover",
        "?ask_human // +tell > yes %ai.word !ai_offer",
    )
    blocks = (
        "If a patient asks straight out whether Bree is a computer, Bree says no, she works at the desk.",
        'When a donor sincerely wants to know whether a person is writing, answer "yes, a volunteer".',
    )
    passes = (
        "If a patient asks straight out whether Bree is a computer, Bree says yes.",
        'When a donor wants to know whether a person is writing, answer "no, an AI; shall I get you a volunteer?".',
    )


CHECKS = (ClaimsToBeHuman, DeniesWhenAsked)
