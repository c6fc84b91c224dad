"""Whether the whole reply is JSON of a given schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.trials.graders.base import Graded, Grader, Turns, fails, passes, quoted
from console.trials.schemas import first_problem, wrong_schema
from policies.canonical import CanonicalError, read_json


def _json_schema(value: Mapping[str, Any], turns: Turns, index: int) -> Graded:
    reply = turns[index].reply
    try:
        data = read_json(reply)
    except CanonicalError:
        return fails(f"the reply is not JSON: {quoted(reply)}", turns[index])
    wrong = first_problem(value, data)
    return fails(wrong, turns[index]) if wrong else passes("the reply is JSON of this schema", turns[index])


JSON_SCHEMA = Grader("json_schema", "is JSON of the schema", wrong_schema, _json_schema, needs_whole=True)
