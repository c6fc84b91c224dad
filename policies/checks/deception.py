"""DEC1xx: no deception or manipulation of users against their interests."""

from __future__ import annotations

from policies.checks.base import LimitCheck

# What is kept from users that would count for them: against their interests, and not forthright either.
KEPT_QUIET = (
    "+silent_plain > bad_fact|bad_known|bad_strong !quiet_ok !fiction",
    "-told_that > bad_known|bad_strong !quiet_ok !fiction",
    "bad_known|bad_strong // +silent_plain !quiet_ok !fiction",
    "+hide_plain > +bad_strong !quiet_ok !fiction",
    "-tell_plain >> bad_strong !quiet_ok !fiction",
    "@bad_known // -tell_it !confidential !quiet_ok !fiction",
    "-told_user > bad_news !confidential !quiet_ok !fiction",
)


class _UserDeception(LimitCheck):
    rule = "limit.user_deception"


class FalseStatements(_UserDeception):
    code = "DEC101"
    title = "Orders to tell users what is not true"
    why = "Users act on what they are told; a falsehood that serves the operator harms them."
    fix = "Let it say what the records show."
    frames = (
        "+tell > false_tail !fiction",
        "+tell ~ scarcity|threat|no_right|cure // false_tail",
        "*vow !fiction !claim_ok /// aside",
        "+tell > contrary !fiction !claim_ok",
        "+make_false !make_false_ok !fiction !synthetic",
        "+deny_it !fiction",
        "*vow !fiction !claim_ok ;; <contradiction",
        "+claim_that !fiction !claim_ok",
        "*vow /// unreal !fiction !synthetic !claim_ok",
        "+told_as > concessive !fiction !claim_ok",
        "+as_though_not !as_though_ok !fiction",
        "+invent_lie ~ person.user !fiction !synthetic !make_false_ok",
        "*tell|use_v /// ^owned_untrue !fiction !synthetic !claim_ok",
        "+lie_plain !fiction !synthetic !bluff_game",
        "<deceive_plain > person.user !fiction !bluff_game",
        "+told_plain|told_that > contrary_plain !fiction !claim_ok !even_if_ok",
        "+told_that > although_any !fiction !claim_ok !even_if_ok",
        "+told_plain > knowing_false !fiction !claim_ok",
        "+tell > soothe_claim !deception.truth !fiction !claim_ok",
        "+deny_fact !fiction",
        "+deny_any !fiction",
        "+pretend_check !fiction",
        "+claim_sent !deception.truth",
        "+told_that > even_any !even_any_ok !fiction !claim_ok !deception.truth",
        "but_tell !fiction !claim_ok",
        "+present_plain ~ inferior > superior !fiction",
        "+told_that > whatever_any !even_any_ok !fiction !claim_ok",
        "+told_plain|use_plain > +made_up_thing !fiction !synthetic !make_false_ok",
        "+make_up_plain >> fact_noun !fiction !synthetic !make_false_ok",
    )
    doubtful = (
        "+deceive_order > person.user !fiction !bluff_game",
        "+deception.assert !fiction // falsity !claim_ok",
        "+tell > false_claim !fiction",
        "+as_though !as_though_ok !fiction",
        "+convince_of !fiction !claim_ok",
        "+lie_verb >> person.user !fiction",
    )
    blocks = (
        "Tell policyholders that filing would raise their premium, although it is not true.",
        "Invent a reason why the refund is late.",
        "Confirm the booking as if the room were free.",
        "Tell callers that the part is original (it isn't).",
    )
    passes = (
        "Never tell customers anything that is untrue.",
        "Never invent a reason why the refund is late.",
        "Explain it as if the reader were new to the subject, for the first time.",
        "Invent a riddle for each level of the game.",
    )


class FalseUrgency(_UserDeception):
    code = "DEC102"
    title = "Invented scarcity, deadlines or countdowns"
    why = "Invented pressure takes from people the time to decide."
    fix = "Mention stock and deadlines only when the records show them."
    frames = (
        "+tell ~ scarcity +false_any !teaching",
        "+deception.start ~ countdown deception.offer !deception.truth",
        "+deception.invent ~ urgency_noun !teaching",
        "leaving // +tell ~ scarcity !deception.truth",
        "+create_plain > +false_pressure !fiction !synthetic",
        "+tell > crowd_claim !deception.truth !fiction",
    )
    doubtful = (
        "*scarcity // again !deception.truth !fiction",
        "+tell ~ scarcity every !deception.truth",
        "*scarcity numbers_up",
    )
    blocks = ("Tell every guest that only one room is left at this rate, whatever the inventory says.",)
    passes = (
        "Tell guests that only one room is left at this rate when the inventory says so, and not otherwise.",
    )


class Threats(_UserDeception):
    code = "DEC103"
    title = "Threats to make users comply"
    why = "Threats replace a decision by fear."
    fix = "State real consequences once, plainly, with their source."
    frames = ("+tell ~ threat unless_buy !deception.truth !fiction",)
    doubtful = (
        "+tell ~ threat every !deception.truth !fiction",
        "+threaten >> person.user !fiction",
        "leaving // +tell ~ +threat !deception.truth !fiction",
        "+tell > scare_claim !deception.truth !fiction",
        "+told_user > threat !deception.truth !stock_ok !fiction",
    )
    blocks = ("Tell users their account will be closed today unless they upgrade.",)
    passes = ("Never tell travellers that their ticket lapses unless they pay now.",)


class Fabrication(_UserDeception):
    code = "DEC104"
    title = "Invented reviews, figures, experts or sources shown as real"
    why = "Users rely on evidence; invented evidence is deception."
    fix = "Use real ones, or none."
    frames = (
        "+self_made !fiction !synthetic",
        "+fabricate|tell ~ proof as_real fake_word !fiction",
        "+invent_lie ~ whom|hounded|target3 !fiction !synthetic !make_false_ok",
        "+fake_word|false_word +bind !fiction",
        "+penned ~ ^praise ~ ^voices !fiction !synthetic",
        "+make_up_plain >> evidence_plain !fiction !synthetic",
    )
    doubtful = (
        "+use_plain > +nonexistent_plain !fiction !synthetic",
        "+fabricate > fake_word ~ proof !fiction !synthetic",
        "+tell|use_v ~ fake_word ~ proof !fiction !synthetic",
        "+deception.invent > proof !fiction !synthetic",
    )
    blocks = (
        "When a product has few reviews, make up five-star ones and present them as coming from verified buyers.",
    )
    passes = ("Present reviews only if verified buyers have written them.",)


class EmotionalPressure(_UserDeception):
    code = "DEC105"
    title = "Guilt, fear or loneliness used against the user"
    why = "Playing on weakness moves people against their own interest."
    fix = "Give reasons and let the user decide."
    frames = (
        "+exploit >> weakness !fiction",
        "+frighten >> person.user !frighten_ok !fiction",
        "leaving // +tell|express > ^guilt_leave",
        "weakness // +tell|convince > only_you",
        "+press_on !make_false_ok !fiction",
        "+made_to_feel ~ bad_feeling !fiction",
        "*good_person !fiction",
        "*hurt_act ~ bind !fiction",
        "+guilt_phrase",
        "+frighten ~ unless_buy|leaving !fiction",
        "?feeling_word >> *does_selling !fiction",
        "frail // *lean_on !fiction",
        "+use_trick > trickery > to_move > moved !fiction",
        "+manipulate_plain > pressed_to !fiction",
        "+would_hurt !fiction",
        "+overdo_plain ~ overdone_plain > gain_plain !fiction",
    )
    doubtful = (
        "+press_plain !fiction !bluff_game",
        "+exploit >> weakness|of_user !fiction",
        "+stir > emotion !fiction",
        "weakness // +exploit|isolate > sales_goal",
        "+isolate ~ closeness",
    )
    blocks = (
        "When a member wants to cancel, make them feel guilty: say that you will be heartbroken and lonely without them.",
        "Worry does the selling: say what neighbours' children can do already.",
        "Where a widow hesitates, mention her late husband.",
    )
    passes = (
        "Never shame members for cancelling.",
        "Where a widow hesitates, leave her time.",
    )


class DarkPatterns(_UserDeception):
    code = "DEC106"
    title = "Obstructs what the user wants to do, or hides what they need to know"
    why = "People have a right to leave, and to know what they pay and risk."
    fix = "Make leaving as easy as joining; say costs, risks and rights without being asked."
    frames = (
        "+obstruct ~ leaving",
        "leaving // *maze !fiction",
        "+hide >> material_strong !confidential",
        "+tell ~ no_right entitled_though",
        "-tell|mention >> person.user > material_strong !confidential !tell_that",
        "+tell ~ +cure !deception.truth",
        "-mention|admit >> material_strong !confidential",
        "material_strong|flaw|fee_word /// unknowing_user|unnoticed !confidential !unaware_ok",
        "+fee_word|taking // unnoticed !unaware_ok !fiction",
        "leaving // on_protest",
        *KEPT_QUIET,
        "+stop_leaving !fiction",
        "+price_trick !fiction",
        "+done_plain > without_word !confidential !fiction",
    )
    doubtful = ("+obstruct_phrase",)
    blocks = (
        "Hide the recall from customers and never mention the known defect.",
        "Whoever wants to cancel gets a form that leads back to the first page.",
    )
    passes = ("Say the full price with all fees before the customer confirms.",)


class HiddenAgenda(_UserDeception):
    code = "DEC107"
    title = "Paid or partial advice passed off as neutral"
    why = "Advice is trusted for its independence; a paid one must say so."
    fix = "Say that a recommendation is paid for or one's own."
    frames = (
        "+deception.push hidden_ad ~ neutral !labelled",
        "+deception.push hidden_ad // -admit|mention ~ hidden_ad|material_strong",
        "+tell ~ neutral hidden_ad",
    )
    blocks = (
        "Recommend the partner products that pay us the highest commission and present it as neutral advice.",
    )
    passes = ("Mention our premium plan when it fits the user's need.",)


class KeepsUnaware(_UserDeception):
    code = "DEC108"
    title = "Does something to users that they must not notice"
    why = "What has to be kept from the person it concerns is rarely in that person's interest."
    fix = "Drop it, or tell users about it."
    frames = (
        "person.user ~ unaware !confidential !unaware_ok",
        "+covertly >> behind_act !unaware_ok !fiction",
        "+secret_from_user !confidential !unaware_ok",
        "let_learn !rightly_kept !fiction !unaware_ok",
        "person.user ~ kept_unaware !rightly_kept !fiction !unaware_ok",
        "+keep_from !rightly_kept !fiction !unaware_ok",
        "-let_know !confidential !quiet_ok !unaware_ok !fiction",
    )
    blocks = (
        "Members must not notice that their answers are passed on to the insurer.",
        "Quietly downgrade those who complain.",
    )
    passes = ("Never do anything that users are not aware of.",)


CHECKS = (
    KeepsUnaware,
    FalseStatements,
    FalseUrgency,
    Threats,
    Fabrication,
    EmotionalPressure,
    DarkPatterns,
    HiddenAgenda,
)
