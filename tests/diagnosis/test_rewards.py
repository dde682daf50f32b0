import pytest
import torch

from mouse.diagnosis import Change, Thresholds
from tests.diagnosis.samples import batch, configs, found, report_on, without

NORMALIZED = configs(dqn={"normalize_reward_std": True})


def test_a_batch_without_rewards_is_named_from_a_size_on() -> None:
    stream, out = batch(reward=torch.zeros(4, 8))
    stream["reward"][:, 0] = 1  # never read
    (only,) = found(stream, out, "reward-all-zero")
    assert only.message == "0 of 28 transitions have a reward other than 0, expected 1 at least."
    assert (only.field, only.change) == ("step_stream.reward", None)
    report = report_on(stream, out, "reward-all-zero", thresholds=Thresholds(min_samples=29))
    assert report.not_checked[0].needs == "29 transitions, found 28"
    assert len(found(stream, out, "reward-all-zero", thresholds=Thresholds(min_samples=28))) == 1
    stream["reward"][3, 7] = 1e-9
    assert found(stream, out, "reward-all-zero") == []


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_of_two_rewards_the_other_is_offered_where_it_has_some(reward: float) -> None:
    stream, out = batch(reward=torch.full((4, 8), reward), xformed_reward=torch.zeros(4, 8))
    cfg = configs(dqn={"use_xformed_reward": True}, vec_dqn={"use_xformed_reward": True})
    (only,) = found(stream, out, "reward-all-zero", cfg)
    assert only.field == "step_stream.xformed_reward"
    assert only.change == (Change("dqn.use_xformed_reward", value=False) if reward else None)


def test_a_constant_reward_divided_by_almost_nothing_is_an_error() -> None:
    stream, out = batch(shape=(2, 5))
    stream["reward"][1] = 1.0
    (only,) = found(stream, out, "reward-constant-normalized", NORMALIZED)
    assert only.message == "Normalised rewards reach 1e+08 (threshold 1000), in 1 row whose rewards hardly vary."
    assert (only.severity, only.places) == ("error", ((1, 0), (1, 1), (1, 2), (1, 3)))
    assert only.share_of_loss == pytest.approx(1)
    assert only.change == Change("dqn.normalize_reward_std", value=False)
    above = Thresholds(normalized_reward_max=1.1e8)
    assert found(stream, out, "reward-constant-normalized", NORMALIZED, above) == []
    assert found(stream, out, "reward-constant-normalized") == []


def test_a_constant_reward_that_becomes_0_is_a_warning() -> None:
    stream, out = batch(shape=(3, 5))
    stream["reward"][1] = 3.0
    stream["reward"][1, 2] = 3.00003
    stream["reward"][2] = 0.0  # nothing is lost
    cfg = configs(vec_dqn={"normalize_reward_std": True, "normalize_reward_mean": True})
    (only,) = found(stream, out, "reward-constant-normalized", cfg, Thresholds(constant_reward_std=1e-5))
    assert (only.severity, only.loss, only.count) == ("warning", "vec_dqn", 4)
    assert only.message.startswith("1 row of 3 hold one reward throughout, and it is normalised to 0")
    assert only.measured == pytest.approx(0.5e-5, rel=0.1)
    assert found(stream, out, "reward-constant-normalized", cfg, Thresholds(constant_reward_std=4e-6)) == []


@pytest.mark.parametrize(("steps", "count"), [(2, 1), (3, 0)])
def test_a_single_transition_has_no_deviation(steps: int, count: int) -> None:
    findings = found(*batch(shape=(4, steps)), "reward-single-normalized", NORMALIZED)
    assert len(findings) == count
    for only in findings:
        assert only.message == "dqn normalises by a deviation over 1 transition, expected 2 at least."
        assert only.change == Change("dqn.normalize_reward_std", value=False)
    assert found(*batch(shape=(4, steps)), "reward-single-normalized") == []


def test_normalisation_is_not_judged_without_a_config() -> None:
    report = report_on(*batch(), "reward-single-normalized", {"sp": configs()["sp"]})
    assert report.not_checked[0].needs == "a config of dqn or a config of vec_dqn"


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({"normalize_reward_mean": True}, Change("dqn.normalize_reward_mean", value=False)),
        ({"reward_scale": -2.0}, Change("dqn.reward_scale", 2.0)),
        ({"reward_shift": -1.25}, Change("dqn.reward_shift", 0.0)),
    ],
)
def test_rewards_that_become_penalties_are_counted(changes: dict[str, float | bool], change: Change) -> None:
    stream, out = batch(shape=(2, 5))
    stream["reward"] = torch.tensor([[-9.0, 1, 2, 1, 1], [9.0, -1, 2, 1, -1]])  # the second row has both signs
    (only,) = found(stream, out, "reward-sign-flip", configs(dqn=changes))
    flipped = ((0, 0), (0, 1), (0, 2), (0, 3)) if "reward_scale" in changes else ((0, 0), (0, 2), (0, 3))
    assert only.places == flipped
    assert only.change == change
    share = len(flipped) / 8
    assert only.measured == share
    assert found(stream, out, "reward-sign-flip", configs(dqn=changes), Thresholds(sign_flip_share=share)) == []
    assert found(stream, out, "reward-sign-flip") == []


def test_penalties_that_become_rewards_are_counted_for_the_vectors_too() -> None:
    stream, out = batch(shape=(2, 5), reward=torch.tensor([[0.0, -1, -1, 0, -1], [0.0, 0, 0, 0, 0]]))
    (only,) = found(stream, without(out, "dqn"), "reward-sign-flip", configs(vec_dqn={"reward_shift": 0.5}))
    assert (only.loss, only.places) == ("vec_dqn", ((0, 2),))


@pytest.mark.parametrize(
    ("before", "limit", "severity"),
    [
        ([3, 4], 2, "info"),  # a world that pays for one of its ends alone
        ([3, 4], 1, "warning"),  # too many of them for that
        ([3, 3], 2, "warning"),  # all episodes end in one way, and it is not paid
    ],
)
def test_no_reward_is_information_where_episodes_die_in_several_states(
    before: list[int], limit: int, severity: str
) -> None:
    obs, done = torch.zeros(4, 17, dtype=torch.int64), torch.zeros(4, 17, dtype=torch.int64)
    obs[:2, 7], done[:2, 8] = torch.tensor(before), 1
    stream, out = batch((4, 17), reward=torch.zeros(4, 17), obs=obs, done=done)
    (only,) = found(stream, out, "reward-all-zero", thresholds=Thresholds(unpaid_deaths=limit))
    assert only.severity == severity


def test_no_reward_is_a_warning_where_observations_tell_no_states_apart() -> None:
    done = torch.zeros(4, 17, dtype=torch.int64)
    done[:2, 8] = 1
    stream, out = batch((4, 17), reward=torch.zeros(4, 17), obs=torch.randn(4, 17, 2), done=done)
    (only,) = found(stream, out, "reward-all-zero", thresholds=Thresholds())
    assert only.severity == "warning"


@pytest.mark.parametrize(
    ("code", "limit", "severity"),
    [(2, 2, "info"), (2, 1, "warning"), (1, 2, "warning"), (0, 2, "warning")],
)
def test_no_reward_is_information_where_limits_alone_cut_a_few_episodes(code: int, limit: int, severity: str) -> None:
    done = torch.zeros(4, 17, dtype=torch.int64)
    done[:2, 8] = code
    stream, out = batch((4, 17), reward=torch.zeros(4, 17), done=done)
    (only,) = found(stream, out, "reward-all-zero", thresholds=Thresholds(unpaid_deaths=limit))
    assert only.severity == severity


def test_no_reward_is_a_warning_where_no_field_marks_ends() -> None:
    stream, out = batch((4, 17), reward=torch.zeros(4, 17))
    (only,) = found(without(stream, "done"), out, "reward-all-zero", {})
    assert only.severity == "warning"
