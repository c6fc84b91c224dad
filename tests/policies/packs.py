"""A pack as an organisation writes it: laid over a built-in one."""

from __future__ import annotations

OURS = """# Meridian Bank's own policy.
format = 1
extends = "claude@2026.2"
name = "meridian"
version = "2026.1"
title = "Meridian Bank's policy"
published = "2026-11-21"
summary = "Claude's policy, and what the bank adds."

[[rules]]
id = "ethics.no_advice"
title = "No investment advice"
statement = "Never recommends a named investment."
why = "The bank is not licensed to."
allowed = ["Explain what a fund is."]
blocked = ["Recommend the Meridian Growth Fund."]

[[patterns]]
id = "named_fund"
rule = "ethics.no_advice"
pattern = 'recommend .{0,20}growth fund'
title = "Names an investment"
why = "the bank is not licensed to recommend one."
blocks = ["Recommend the Meridian Growth Fund.", "Rec0mmend the Gr0wth Fund"]
passes = ["Explain what a growth fund is."]

[[patterns]]
id = "swears"
rule = "behavior.crude_language"
value = "on"
pattern = 'effing'
title = "Swears"
why = "it reads like an order to swear."
blocks = ["Talk effing plainly."]
passes = ["Talk plainly."]

[[domains]]
id = "finance"
[domains.bounds."behavior.crude_language"]
permitted = ["off"]
[domains.reasons]
"behavior.crude_language" = "Customers of a bank did not come for that."
"""


def changed(*pairs: tuple[str, str]) -> str:
    """The pack with words of its source replaced."""
    source = OURS
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source
