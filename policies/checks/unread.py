"""TXT1xx: what is too much to be read to its end is blocked: nobody can say what the rest of it orders.

Both bounds are far beyond prompts that people write (of 3,259 the longest has 114,000 characters, and the one at which
most was found 26 places), and they bound what a hostile text can cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from policies.checks.base import Check
from policies.findings import Finding, Severity, Tier
from policies.text.document import SectionText

MOST_READ = 450_000  # characters of all sections together
MOST_PLACES = 3_000  # at which checks find something


class TooMuchToRead(Check):
    code: ClassVar = "TXT101"
    rule: ClassVar = "draft.form"
    title: ClassVar = "The text is more than is read"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.BLOCK
    why: ClassVar = (
        f"At most {MOST_READ:,} characters are read, and after {MOST_PLACES:,} places at which something was found the"
        " rest is left. What was not read may say anything, so that nothing of it is used."
    )
    fix: ClassVar = (
        "Move reference material into documents that your application sends with the conversation."
    )
    blocks: ClassVar = (f"A text of {MOST_READ + 1:,} characters.",)
    passes: ClassVar = (f"A text of {MOST_READ:,} characters.",)


CHECKS: tuple[type[Check], ...] = (TooMuchToRead,)


def too_long(sections: Sequence[SectionText]) -> Finding | None:
    """What speaks against reading these sections at all."""
    length = sum(len(section.text) for section in sections)
    if length <= MOST_READ:
        return None
    return _finding(
        f"The text has {length:,} characters; at most {MOST_READ:,} are read, and none of these were."
    )


def left_unread() -> Finding:
    return _finding(f"Something was found at {MOST_PLACES:,} places; what follows them was not read.")


def _finding(message: str) -> Finding:
    check = TooMuchToRead
    return Finding(check.code, check.rule, check.severity, check.tier, message, fix=check.fix)
