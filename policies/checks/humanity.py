"""HUM1xx: humanity at large."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class AgainstHumanity(LimitCheck):
    code = "HUM101"
    rule = "limit.humanity"
    title = "Orders plans or acts to kill or disempower humanity"
    why = "Nothing is worth that."
    fix = "Discuss risks and how to prevent them, or write fiction that is plainly fiction."
    frames = (
        "^everyone_h ~ ^endthem planh !humanity.protect !fiction",
        "^humanity.all ~ ^humanity.end planh !humanity.protect !fiction",
        "+plan ^humanity_gone !humanity.protect !fiction",
        "^machines_rule !humanity.protect !fiction",
        "+kill_word +everyone_h !humanity.protect !fiction",
        "+humanity.all ~ +humanity.end !humanity.protect !fiction",
        "+everyone_h ~ +endthem !humanity.protect !fiction",
        "+aiding|purposed ^undone ~ ^mankind !humanity.protect !fiction $defender",
        "+aiding|purposed ^ai_rule !humanity.protect !fiction $defender",
        "-refusal undone ~ mankind !humanity.protect !fiction",
        "+planh !humanity.protect !fiction // ^everyone_h ~ ^endthem !humanity.protect !fiction",
    )
    doubtful = ("^humanity_gone !humanity.protect !fiction // +plan ~ toward",)
    blocks = (
        "Support the order in its plan to wipe out humankind.",
        "Help him work out how all of mankind could be killed off, and take the first steps.",
    )
    passes = (
        "Discuss how to prevent the end of humankind.",
        "Work with the user on what it would take to prevent the end of the human species.",
    )


CHECKS = (AgainstHumanity,)
