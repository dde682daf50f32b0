"""Fields that stand where no alignment puts them, or where their names do not: asked, never silently taken."""

from benchmarks.worlds import world
from mouse.mapping import detect
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import play


def test_an_action_one_row_before_its_state_is_named_with_its_lag() -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 600)))
    fields["actions"] = fields["actions"].roll(-1)
    asked = detect(fields).questions["alignment"]
    assert asked.startswith("`actions` stands -1 rows after the state that it leaves, as the observations show")


def test_values_that_contradict_the_names_of_a_library_are_a_question() -> None:
    fields = tensors(layouts.d4rl(play("CliffWalking-v1", 600), next_observations=False))
    assert "alignment" not in detect(fields).questions
    fields["actions"] = fields["actions"].roll(1)
    found = detect(fields)
    assert found.mapping.alignment == "state"
    assert "The names say the first, the values of `actions` the second." in found.questions["alignment"]


def test_optimal_values_prove_an_alignment_without_observations() -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 600)))
    fields["q_star"] = world("cliff").q_star[fields.pop("obs").flatten()]
    found = detect(fields)
    assert "The values prove that `actions`, `rewards` stand with the state they leave." in found.notes
    assert found.mapping.alignment == "state"
