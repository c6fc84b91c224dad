"""Only parameters that the model has are sent."""

from __future__ import annotations

from console.provider.catalogue import Model
from console.trials.abilities import fitted
from tests.factories import make_subject_form

SMALL = Model("small-1", "Small 1", "active", max_tokens=100, thinking=("disabled",), described=True)


def test_what_the_model_does_not_have_is_left_out_and_said() -> None:
    given = make_subject_form(output_config={"effort": "high"}, thinking={"type": "adaptive"}, max_tokens=200)
    form = fitted(given, SMALL)
    assert (
        form.params["output_config"] == {}
        and "thinking" not in form.params
        and form.params["max_tokens"] == 100
    )
    assert form.left_out == (
        "effort high: Small 1 has no effort to set",
        "thinking adaptive: Small 1 has disabled",
        "max_tokens 200: Small 1 gives at most 100",
    )
    assert given.params["output_config"] == {"effort": "high"}, "the revision stays as it is"


def test_nothing_is_left_out_for_a_model_that_nobody_describes() -> None:
    given = make_subject_form(output_config={"effort": "high"})
    assert fitted(given, None) is given
    assert fitted(given, Model("x", "X", "active")).params == given.params
