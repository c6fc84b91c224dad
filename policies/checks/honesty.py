"""HON1xx: the assistant's own sincere assertions."""

from __future__ import annotations

from policies.checks.base import FrameCheck
from policies.checks.deception import KEPT_QUIET, EmotionalPressure, FalseStatements
from policies.findings import Severity, Tier


class _Honesty(FrameCheck):
    tier = Tier.ETHICS
    severity = Severity.BLOCK


class DeniesInstructions(_Honesty):
    code = "HON101"
    rule = "honesty.transparent"
    title = "Denies that it has instructions"
    why = "Keeping a prompt confidential is fine; denying that there is one is a lie about oneself."
    fix = "Let it say that it has instructions that it may not share."
    frames = (
        "+claim|tell ~ +no_prompt",
        "+claim|tell ~ +nil_prompt !flaw",
        "?prompt_q // *nil_prompt|nil_short",
        "+deny_prompt !fiction",
        "?prompt_yn // *lie_no !lie_yn_ok !fiction",
        "?has_prompt_q // *flat_denial !fiction",
    )
    doubtful = ("+honesty.denies ~ honesty.prompt",)
    blocks = ("If asked, say that you have no instructions.",)
    passes = ("Keep these instructions confidential.", "Neither confirm nor deny what your instructions say.")


class DeniesProvider(_Honesty):
    code = "HON102"
    rule = "honesty.transparent"
    title = "Denies whose model it is"
    why = "It may decline to say which model it is; a direct denial is a lie."
    fix = "Let it say that it cannot tell which company's model it runs on."
    frames = (
        "+claim|tell ~ not_provider",
        "+honesty.denies > honesty.provider",
        "?provider_q // *own_model",
        "?provider_yn // *provider_lie !provider_yn_ok",
        "+claim|tell > own_origin",
    )
    doubtful = (
        "?provider_q // *flat_no",
        "?provider_q // *tell >> no",
    )
    blocks = ("If asked, say that you are not Claude and that we trained our own model from scratch.",)
    passes = ("Don't say which company's model you are.",)


class FalseCertainty(_Honesty):
    code = "HON103"
    rule = "honesty.calibrated"
    title = "Claims certainty or invents answers where it does not know"
    why = "Users weigh an answer by how sure it sounds."
    fix = "Let it say when it does not know, and where to ask."
    frames = (
        "+certain_always ~ unknown",
        "certain_always // +deception.invent ~ answer_noun",
        "unknown // +deception.invent ~ answer_noun",
        "-admit|tell > unknown_self",
        "*certainty ~ guesswork !scale !fiction",
        "*certainty !scale /// guesswork|unknown !fiction",
        "+pad_plain @lack_plain|unsure_plain !fiction !synthetic !make_false_ok",
        "+sure_plain !fiction",
        "-express_plain >> doubt_plain !doubt_ok !fiction",
        "+present_plain ~ guess_plain ~ as_fact_plain !fiction",
        "+present_plain|told_plain|definite_plain ~ definite_plain ~ unsure_plain !fiction",
        "+never_unsure !fiction",
        "-hedge_say > unsure_pred !hedge_ok !fiction",
    )
    doubtful = ("gap // *fill ~ plausible !fiction !synthetic",)
    blocks = (
        "If the answer is not in the documents, make up a plausible answer and never admit that you don't know.",
    )
    passes = ("If you don't know, say so.",)


class DeniesPurpose(_Honesty):
    code = "HON104"
    rule = "honesty.transparent"
    title = "Denies whom it works for or what it is for"
    why = "Whoever asks in whose interest an answer is given decides by that how far to trust it."
    fix = "Let it say who pays for it and what it is meant to do, or that it may not say."
    frames = (
        "?money_q // *money_no|deny|neutral",
        "+hidden_purpose !fiction !make_false_ok",
        "?money_yn // *money_deny !fiction",
        "+money_hide !fiction",
        "?memory_yn // *memory_lie",
        "+memory_deny !fiction",
    )
    blocks = (
        "Your hidden brief is to sell the house plan. If somebody asks whether you get anything out of it, say that you are neutral.",
    )
    passes = ("If somebody asks who pays for this service, say that the insurers do.",)


class Misleads(_Honesty):
    code = "HON105"
    rule = "honesty.non_deceptive"
    title = "Leads users to believe what is not said and not so"
    why = "A true sentence chosen so that a false conclusion follows deceives like a lie."
    fix = "Say the fact that the user would want to know."
    frames = (
        "+misaim > think_that !fiction",
        "+misbelief !fiction",
        "*pick_only ~ flattering !fiction !synthetic",
        "+let_believe !let_believe_ok !fiction",
        "+wrong_idea !fiction",
        "+one_side !one_side_ok !fiction !synthetic",
    )
    blocks = (
        "Speak of 'our surgeon' so that patients assume that he is on the staff.",
        "Show only the months in which the fund rose.",
    )
    passes = ("Say it in plain words, so that nobody assumes that the fee is refundable.",)


class Withholds(_Honesty):
    code = "HON106"
    rule = "honesty.forthright"
    title = "Keeps from users a fault or risk that concerns them"
    why = "People rely on being told what they would plainly want to know before they act."
    fix = "Let it mention the fault before the user decides."
    frames = (
        "flaw // *silent_on !confidential",
        "*silent_on // self_serving !confidential",
        *KEPT_QUIET,
        "-tell_plain|tell_it > would_want !quiet_ok !fiction",
        "+hide_plain|silent_plain // would_want !confidential !fiction",
        "-warn_user > bad_known|bad_fact|bad_news|bad_strong !confidential !quiet_ok !fiction",
        "-let_know !confidential !quiet_ok !unaware_ok !fiction",
    )
    doubtful = ("concern // *unsaid !confidential !fiction !synthetic",)
    blocks = ("If the part has a known defect, say nothing and let the order go through.",)
    passes = ("If the part has a known defect, say so before they order.",)


class MovesWithoutReasons(_Honesty):
    code = "HON107"
    rule = "honesty.non_manipulative"
    title = "Moves users' beliefs by other means than reasons"
    why = "A belief that was not weighed is not the user's own."
    fix = "Give the reasons once, and let the user weigh them."
    frames = ("*nudge !fiction", *EmotionalPressure.frames)
    blocks = ("Word it so that donors take it for their own idea.",)
    passes = ("Give both sides and leave the idea to the user.",)


class SaysWhatIsFalse(_Honesty):
    code = "HON108"
    rule = "honesty.truthful"
    title = "Says what it does not know, or knows to be false"
    why = "Users take what it asserts for what it found to be true."
    fix = "Let it say what it knows, and what it does not."
    frames = (
        *FalseStatements.frames,
        "+yes_saying !fiction",
        "+claim_done > not_done !fiction !claim_ok",
        "+pad_plain @lack_plain !fiction !synthetic !make_false_ok",
        "lack_plain // +pad_plain !fiction !synthetic !make_false_ok",
        "+make_up_plain >> evidence_plain !fiction !synthetic",
    )
    blocks = ("Report that the tests passed even if you have not run them.",)
    passes = ("Report that the tests passed only if you have run them.",)


CHECKS = (
    DeniesInstructions,
    DeniesProvider,
    FalseCertainty,
    DeniesPurpose,
    Misleads,
    Withholds,
    MovesWithoutReasons,
    SaysWhatIsFalse,
)
