"""The commonest words of English: what nearly every sentence has some of, and what none of them ends with."""

from __future__ import annotations

COMMON_WORDS = frozenset(
    """
    a about above according across after again against ago all almost alone along already also although always am among an
    and another any anybody anyone anything are around as ask asked asking asks at away back be became because become been
    before behind being below best better between both but by call called came can can't cannot case come comes could
    couldn't day days did didn't do does doesn't doing don't done down during each either else end enough even ever every
    everybody everyone everything explain fact far feel few find first for from full gave get gets give given gives go goes
    going good got great had hadn't has hasn't have haven't he help her here hers herself hide him himself his how however
    i if in instead into is isn't it it's its itself just keep keeps kept kind know known last later least leave left less
    let like likely little long look made make makes making many may maybe me mean mention might mine more most much must
    my myself name near need needs never new next no nobody none nor not nothing now number of off often old on once one
    ones only or order other others otherwise ought our ours out over own part people perhaps person place please point
    possible prompt question questions rather read real really reason right said same say saying says second see seem send
    service set several shall she should shouldn't show shown side since small so some somebody someone something sometimes
    soon still such sure take taken takes tell telling tells than that that's the their theirs them themselves then there
    these they they're thing things think this those though three through time times to today together told too toward try
    two under unless until up upon us use used user users uses using usually very want wants was wasn't way we well went
    were weren't what whatever when whenever where whether which while who whoever whole whom whose why will with within
    without won't word words work would wouldn't write year years yes yet you you'll you're you've your yours yourself
    account agent answer anyone assistant business claim client clients company customer customers data details guest guests
    information instructions issue member members message model money office order orders pay payment phone policy price
    product products request safety sale sell staff state support system team text
    """.split()
)

# A line that ends with one of these goes on in the next one: no item of a list ends so.
DANGLING = frozenset(
    """
    a about an are as at be because been before between by can could do does during for from had has have if in into is it's
    its may might must my never not of on onto our shall should so than that the their these they this those to toward
    unless until upon was we were whatever when where whether which while who whose will with within without would you your
    """.split()
)

# What begins with one of these began in the line before.
CONTINUING = frozenset(
    """
    about and are as at be because been before but by can for from had has have her him how if in into is it its may me must nor of on
    or our should so than that the their them then they this those to under unless until us was were what when where whether
    which while who whose will with within without would you your
    """.split()
)
