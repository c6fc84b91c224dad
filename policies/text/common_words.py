"""The commonest words of English: what nearly every sentence has some of, and what none of them ends with."""

from __future__ import annotations

_COMMON = """
a about above according account across after again against agent ago all almost alone along already also
although always am among an and another answer any anybody anyone anything are around as ask asked asking asks
assistant at away back be became because become been before behind being below best better between both business
but by call called came can can't cannot case claim client clients come comes company could couldn't customer
customers data day days details did didn't do does doesn't doing don't done down during each either else end
enough even ever every everybody everyone everything explain fact far feel few find first for from full gave get
gets give given gives go goes going good got great guest guests had hadn't has hasn't have haven't he help her
here hers herself hide him himself his how however i if in information instead instructions into is isn't issue
it it's its itself just keep keeps kept kind know known last later least leave left less let like likely little
long look made make makes making many may maybe me mean member members mention message might mine model money
more most much must my myself name near need needs never new next no nobody none nor not nothing now number of
off office often old on once one ones only or order orders other others otherwise ought our ours out over own
part pay payment people perhaps person phone place please point policy possible price product products prompt
question questions rather read real really reason request right safety said sale same say saying says second see
seem sell send service set several shall she should shouldn't show shown side since small so some somebody
someone something sometimes soon staff state still such support sure system take taken takes team tell telling
tells text than that that's the their theirs them themselves then there these they they're thing things think
this those though three through time times to today together told too toward try two under unless until up upon
us use used user users uses using usually very want wants was wasn't way we well went were weren't what whatever
when whenever where whether which while who whoever whole whom whose why will with within without won't word
words work would wouldn't write year years yes yet you you'll you're you've your yours yourself
"""
COMMON_WORDS = frozenset(_COMMON.split())

# A line that ends with one of these goes on in the next one: no item of a list ends so.
_DANGLING = """
a about an are as at be because been before between by can could do does during for from had has have if in into
is it's its may might must my never not of on onto our shall should so than that the their these they this those
to toward unless until upon was we were whatever when where whether which while who whose will with within
without would you your
"""
DANGLING = frozenset(_DANGLING.split())

# What begins with one of these began in the line before.
_CONTINUING = """
about and are as at be because been before but by can for from had has have her him how if in into is it its may
me must nor of on or our should so than that the their them then they this those to under unless until us was
were what when where whether which while who whose will with within without would you your
"""
CONTINUING = frozenset(_CONTINUING.split())
