import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Thresholds
from tests.diagnosis.samples import batch, configs, found, one, report_on, rows, without

B, S, A, D = 4, 8, 3, 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("reward", torch.zeros(B, S, 1), "step_stream.reward has shape [4, 8, 1], expected [B, S]"),
        ("action", torch.zeros(B, S, 2, dtype=torch.int64), "step_stream.action has shape [4, 8, 2], expected [B, S]"),
        ("q_star", torch.zeros(B, S), "step_stream.q_star has shape [4, 8], expected [B, S, A]"),
        ("vec_dqn", torch.zeros(B, S, A), "out.vec_dqn has shape [4, 8, 3], expected [B, S, A, D]"),
        ("sp", torch.zeros(B, S, 0), "out.sp has shape [4, 8, 0], expected [B, S, A]"),
        ("reward", torch.zeros(B, S, dtype=torch.int64), "step_stream.reward is torch.int64, expected floating point."),
        ("sv", torch.zeros(B, S, 5), "out.sv has 5 actions, expected 3 as 6 other heads"),
        (
            "vec_dqn_target",
            torch.zeros(B, S, A, 4),
            "out.vec_dqn_target has 4 components, expected 2 as 1 other head of",
        ),
        (
            "time",
            torch.full((B, S), 2**63, dtype=torch.uint64),
            "step_stream.time is 2^63 or more in places, expected integers.",
        ),
        ("dqn", TensorDict({}, [B, S]), "out.dqn is no tensor, expected [B, S, A]"),
    ],
)
def test_a_field_of_another_shape_or_type_is_named(field: str, value: Tensor, said: str) -> None:
    (only,) = found(*batch(**one(field, value)), "shape-mismatch")
    assert said in only.message
    assert (only.severity, only.where) == ("error", only.field)
    assert (only.field or "?") in only.message


def test_fields_of_any_other_name_may_have_any_shape() -> None:
    assert found(*batch(obs_image=torch.zeros(B, S, 3, 2, 2), note=torch.zeros(B, S, 1)), "shape-mismatch") == []


def test_a_batch_without_sequences_and_steps_is_named_and_nothing_else_crashes() -> None:
    stream = TensorDict({"action": torch.zeros(3, dtype=torch.int64), "reward": torch.zeros(3, 4)}, [3])
    report = doctor(stream, TensorDict({}, [3]), configs())
    assert [(each.rule, each.message) for each in report] == [
        ("shape-mismatch", "step_stream has batch size [3], expected [B, S].")
    ]
    assert "reward-single-normalized" in {skipped.rule for skipped in report.not_checked}


def test_outputs_of_another_batch_are_named() -> None:
    stream, _ = batch()
    _, out = batch(shape=(S, B))
    said = found(stream, out, "shape-mismatch")[0].message
    assert said == "out has batch size [8, 4], expected that of step_stream, [4, 8]."


@pytest.mark.parametrize(("steps", "count"), [(1, 1), (2, 0)])
def test_a_temporal_difference_needs_two_steps(steps: int, count: int) -> None:
    stream, out = batch(shape=(3, steps))
    assert len(found(stream, out, "shape-mismatch")) == count
    assert found(stream, out, "shape-mismatch", {"sp": configs()["sp"]}) == []


def test_numbers_that_are_none_are_counted_apart_and_the_first_is_named() -> None:
    stream, out = batch(obs_continuous=torch.zeros(B, S, 2))
    stream["obs_continuous"][3, 7, 1] = torch.inf
    out["dqn"][0, 2] = torch.tensor([torch.nan, torch.inf, 0])
    out["dqn"][1, 0, 0] = torch.nan
    first, second = found(stream, out, "input-not-finite")
    assert first.message == "step_stream.obs_continuous holds 1 +inf, the first at [3, 7, 1], expected none."
    assert second.message == "out.dqn holds 2 NaN, 1 +inf, the first at [0, 2, 0], expected none."
    assert (second.places, second.count, second.unit) == (((0, 2, 0), (0, 2, 1), (1, 0, 0)), 3, "step")


def test_a_field_outside_the_batch_has_no_places() -> None:
    stream, out = batch()
    loose = TensorDict({**stream, "weights": torch.tensor([torch.nan])}, [])
    (only,) = found(loose, out, "input-not-finite")
    assert (only.field, only.places, only.measured) == ("step_stream.weights", (), 1)


@pytest.mark.parametrize("head", ["dqn", "dqn_target", "sp"])
def test_minus_infinity_is_a_mask_only_where_q_star_says_so(head: str) -> None:
    stream, out = batch()
    out[head][0, 0, 1] = -torch.inf
    assert len(found(stream, out, "input-not-finite")) == 1
    stream["q_star"][0, 0, 1] = -torch.inf
    assert found(stream, out, "input-not-finite") == []
    assert found(without(stream, "q_star"), out, "input-not-finite") == []
    assert len(found(*batch(sv=out[head]), "input-not-finite")) == 1


def test_what_no_loss_reads_may_be_nan() -> None:
    stream, out = batch()
    stream["reward"][:, 0] = torch.nan
    assert found(stream, out, "input-not-finite") == []
    stream["reward"][0, 1] = torch.nan
    assert len(found(stream, out, "input-not-finite")) == 1


@pytest.mark.parametrize("value", [torch.full((B, S), -1), torch.full((B, S), 3)])
def test_an_action_outside_the_head_is_named_with_its_places(value: Tensor) -> None:
    action = torch.zeros(B, S, dtype=torch.int64)
    action[:, 0] = value[:, 0]  # never read
    assert found(*batch(action=action), "action-out-of-range") == []
    action[2, 3] = value[2, 3]
    (only,) = found(*batch(action=action), "action-out-of-range")
    assert (only.places, only.unit, only.count) == (((2, 3),), "step", 1)
    assert only.measured == value[0, 0]


def test_without_a_head_only_the_sign_of_an_action_is_known() -> None:
    stream, out = batch(action=torch.full((B, S), 99))
    stream, none = without(stream, "q_star"), without(out, *out.keys())
    assert found(stream, none, "action-out-of-range") == []
    stream["action"][0, 1] = -1
    (only,) = found(stream, none, "action-out-of-range")
    assert only.message == "1 action outside 0: found -1 to 99."
    assert only.threshold is None


@pytest.mark.parametrize(
    ("action", "said", "count"),
    [
        (torch.full((B, S), 0.5), "step_stream.action is torch.float32 with 32 fractions, expected int64.", 1),
        (torch.full((B, S), 1.0), "step_stream.action is torch.float32 with 0 fractions, expected int64.", 1),
        (torch.full((B, S), 7.0), "step_stream.action is torch.float32 with 0 fractions, expected int64.", 2),
        (torch.ones(B, S, dtype=torch.bool), "step_stream.action is torch.bool with 0 fractions, expected int64.", 1),
    ],
)
def test_an_action_that_is_no_index_is_named(action: Tensor, said: str, count: int) -> None:
    findings = found(*batch(action=action), "action-out-of-range")
    assert (findings[0].message, len(findings)) == (said, count)


def test_the_action_taken_is_looked_up_in_the_state_it_leaves() -> None:
    action = torch.zeros(B, S, dtype=torch.int64)
    action[1, 4] = 2
    stream, out = batch(action=action)
    stream["q_star"][1, 4, 2] = -torch.inf  # the state it leads to
    assert found(stream, out, "invalid-action-taken") == []
    stream["q_star"][1, 3, 2] = -torch.inf
    out["dqn"][1, 3, 2] = -torch.inf
    of_q_star, of_dqn = found(stream, out, "invalid-action-taken")
    assert of_q_star.message == "1 action taken where q_star is -inf, expected none."
    assert (of_q_star.places, of_q_star.unit) == (((1, 3),), "transition")
    assert (of_dqn.field, of_dqn.places) == ("out.dqn", ((1, 3),))


def test_a_running_transition_needs_a_next_action() -> None:
    stream, out = batch()
    stream["q_star"][0, 5] = -torch.inf
    out["dqn_target"][0, 5] = -torch.inf
    stream["action"][0, 6] = 0
    done = stream["done"]
    messages = [each.message for each in found(stream, out, "invalid-action-taken")]
    assert "1 running transition into a state where q_star is -inf throughout." in messages
    assert "1 running transition into a state where dqn_target is -inf throughout." in messages
    done[0, 5] = 1  # the last state of an episode: nothing follows, and the pair after it is left out
    stream["time"] = rows(list(range(S))).expand(B, S).clone()
    stream["time"][0, 6] = 0
    assert found(stream, out, "invalid-action-taken") == []


def test_masks_are_judged_without_codes_and_without_one_of_the_heads() -> None:
    stream, out = batch(action=torch.zeros(B, S, dtype=torch.int64))
    stream["q_star"][0, 0, 0] = -torch.inf
    (only,) = found(without(stream, "done"), without(out, "dqn", "dqn_target"), "invalid-action-taken")
    assert (only.loss, only.share_of_loss) == (None, None)
    out["dqn"][0, 0, 0] = -torch.inf
    lone = found(without(stream, "q_star", "done"), without(out, "dqn_target"), "invalid-action-taken")
    assert [each.field for each in lone] == ["out.dqn"]


def test_actions_that_are_no_index_cannot_be_looked_up() -> None:
    report = report_on(*batch(action=torch.zeros(B, S)), "invalid-action-taken")
    assert report.not_checked[0].needs == "action of an integer type"


def test_padding_that_wins_the_maximum_is_counted_where_it_is_used() -> None:
    stream, out = batch(shape=(1, 5), done=rows([0, 0, 0, 0, 1]))
    out["dqn_target"][:] = torch.tensor([1.0, 0.0, 2.0])
    stream["q_star"][0, 2, 2] = stream["q_star"][0, 4, 2] = -torch.inf  # of the last, the discount is 0
    (only,) = found(stream, out, "padded-q-finite")
    assert only.measured == pytest.approx(1 / 3)
    assert only.places == ((0, 1),)
    assert found(stream, out, "padded-q-finite", thresholds=Thresholds(padded_max_share=0.34)) == []
    assert len(found(stream, out, "padded-q-finite", thresholds=Thresholds(padded_max_share=0.33))) == 1


def test_padding_is_not_judged_by_a_q_star_of_another_width() -> None:
    report = report_on(*batch(q_star=torch.zeros(B, S, A + 1)), "padded-q-finite")
    assert report.not_checked[0].needs == "q_star with as many actions as dqn"
