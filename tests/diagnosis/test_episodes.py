"""Done codes, lengths, resets and seams."""

import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Thresholds
from mouse.diagnosis.episodes import Episodes
from tests.diagnosis.samples import batch, configs, found, limits, report_on, rows, without


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (rows([9, 0, 3, -1, 1]), "2 done codes without a meaning (-1, 3), expected 0, 1 or 2."),
        (torch.tensor([[0.0, 0, torch.nan, 0, 1]]), "1 done code without a meaning (nan), expected 0, 1 or 2."),
    ],
)
def test_codes_without_a_meaning_are_named_but_not_on_row_0(codes: Tensor, said: str) -> None:
    findings = found(*batch(shape=(1, 5), done=codes), "done-unknown-code")
    assert findings[0].message == said
    assert findings[0].severity == "error"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool])
def test_codes_of_another_type_are_an_error_of_their_own(dtype: torch.dtype) -> None:
    (only,) = found(*batch(done=torch.zeros(4, 8, dtype=dtype)), "done-unknown-code")
    assert only.message == f"step_stream.done is {dtype}, expected int64 with 0, 1 or 2."


def lengths(done: Tensor, time: Tensor | None = None, reward: Tensor | None = None) -> list[int]:
    return cast("list[int]", Episodes(done, time, reward).lengths.tolist())


def reset_pairs(done: Tensor, reward: Tensor | None) -> list[list[bool]] | None:
    pairs = Episodes(done, None, reward).reset_pairs
    return None if pairs is None else cast("list[list[bool]]", pairs.tolist())


def test_lengths_without_reset_rows_are_gaps_between_ends() -> None:
    done = rows([0, 1, 0, 0, 2, 1], [1, 0, 1, 0, 0, 0])
    assert lengths(done) == [3, 1, 2]
    assert lengths(done, time=rows([0, 0, 1, 2, 0, 0], [0, 1, 0, 1, 2, 3])) == [1, 3, 1, 2]


def test_lengths_with_reset_rows_leave_the_reset_out() -> None:
    done = rows([0, 0, 1, 0, 0, 0, 2, 0])
    time = rows([0, 1, 2, 0, 1, 2, 3, 0])
    assert lengths(done, time) == [2, 3]
    assert lengths(done, time + 5) == [4]  # a counter that never shows a reset: the row after an end is a step
    assert Episodes(done, time, None).reset_rows.tolist() == [[True, False, False, True, False, False, False, True]]


def test_reset_rows_without_a_counter_are_told_by_their_reward() -> None:
    done = rows([0, 1, 0, 0, 0, 0, 1, 0])
    paid = torch.tensor([[0.0, 1, 0, 1, 1, 1, 1, 0]])
    assert reset_pairs(done, paid) == [[False, True, False, False, False, False, True]]
    paid[0, 2] = 1  # a reward right after an end: the row is a step
    assert reset_pairs(done, paid) == [[False] * 7]
    sparse = torch.tensor([[0.0, 1, 0, 0, 0, 0, 1, 0]])
    assert reset_pairs(done, sparse) is None
    assert reset_pairs(done, None) is None
    assert reset_pairs(rows([0, 1, 1, 0]), sparse[:, :4]) == [[False] * 3]
    assert reset_pairs(rows([0, 1, 0]), torch.zeros(1, 3)) is None  # no other row to compare with


MERGED = rows([1, *[0, 0, 0, 1] * 7, 0, 1])  # lengths 4 seven times, and 2
LIMITS = {"min_episodes": 4, "longest_share": 0.1}


def test_ends_at_one_greatest_length_are_taken_for_time_limits() -> None:
    stream, out = batch(shape=(1, 31), done=MERGED, reward=torch.ones(1, 31))
    (only,) = found(stream, out, "done-merged")
    assert only.message == (
        "87.5 % of 8 episodes are exactly 4 steps long, the greatest length, and none is truncated (threshold 10 %):"
        " 7 targets would bootstrap if these were."
    )
    assert (only.severity, only.places[:3]) == ("warning", ((0, 3), (0, 7), (0, 11)))
    chance = sum(math.exp(-0.4) * 0.4**k / math.factorial(k) for k in range(6, 20))  # one of them is 2 steps long
    for field, value in {"longest_share": 0.875, "longest_chance": chance * 0.99}.items():
        assert found(stream, out, "done-merged", thresholds=limits(**LIMITS | {field: value})) == []
    for field, value in {"longest_share": 0.874, "longest_chance": chance * 1.01}.items():
        assert len(found(stream, out, "done-merged", thresholds=limits(**LIMITS | {field: value}))) == 1
    (skipped,) = report_on(stream, out, "done-merged", thresholds=limits(min_episodes=9)).not_checked
    assert skipped.needs == "9 whole episodes, found 8 or `done` as a bool"
    assert found(stream, out, "done-merged", {})[0].share_of_loss is None


def test_ends_that_pay_what_no_other_step_does_are_no_limits() -> None:
    stream, out = batch(shape=(1, 31), done=MERGED, reward=(MERGED == 1).float())
    assert found(stream, out, "done-merged") == []
    stream["reward"] = -stream["reward"]
    assert found(stream, out, "done-merged") == []


def test_a_time_limit_is_named_where_no_reward_can_speak_against_it() -> None:
    stream, out = batch(shape=(1, 31), done=MERGED)
    assert len(found(without(stream, "reward"), out, "done-merged", {})) == 1
    last_pairs = batch(shape=(4, 2), done=torch.tensor([[0, 1]] * 4), time=torch.tensor([[7, 0]] * 4))
    assert [each.severity for each in found(*last_pairs, "done-merged")] == ["info"]


def test_lengths_are_known_by_the_counter_where_the_beginning_is_not_in_the_batch() -> None:
    done, time = rows([0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0]), rows([7, 0, 1, 2, 0, 1], [3, 4, 0, 1, 2, 3])
    assert lengths(done, time) == [8, 3, 5]
    assert lengths(done, time + 1) == [3]  # it counts from 1, so that it says another length than the rows
    assert lengths(done[1:], rows([7, 8, 9, 10, 11, 12])) == []  # it counts the steps of a run


@pytest.mark.parametrize(
    "done",
    [
        torch.where(torch.arange(31) == 4, 2, MERGED),  # one is truncated
        rows([1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1]),  # 3, 3, 4: the longest do not stand out
        torch.ones(2, 9, dtype=torch.int64),  # a bandit
    ],
)
def test_other_ends_are_not(done: Tensor) -> None:
    assert found(*batch(shape=(done.shape[0], done.shape[1]), done=done), "done-merged") == []


def test_ends_all_of_one_length_are_an_information() -> None:
    stream, out = batch(shape=(1, 9), done=rows([1, 0, 1, 0, 1, 0, 1, 0, 1]), reward=torch.ones(1, 9))
    assert [each.severity for each in found(stream, out, "done-merged")] == ["info"]
    (only,) = found(stream, out, "episode-too-short", thresholds=Thresholds(min_episodes=4, unread_end_share=0.2))
    assert (only.message, only.severity) == ("Every one of 4 episodes is exactly 2 steps long.", "info")


def test_a_flag_cannot_tell_the_two_apart() -> None:
    (only,) = found(*batch(done=torch.zeros(4, 8, dtype=torch.bool)), "done-merged")
    assert (only.field, only.severity) == ("step_stream.done", "warning")


def test_one_step_episodes_among_long_ones_are_suspicious() -> None:
    done = torch.zeros(1, 80, dtype=torch.int64)
    done[0, [10, 11, 40, 41, 70, 71]] = 1  # 5 whole episodes: 1, 29, 1, 29, 1
    stream, out = batch(shape=(1, 80), done=done)
    (only,) = found(stream, out, "episode-too-short")
    assert only.message == "60 % of 5 episodes have one step, the others 29.0 on average (threshold 20 %)."
    assert only.places == ((0, 10), (0, 40), (0, 70))
    assert found(stream, out, "episode-too-short", thresholds=Thresholds(min_episodes=5, one_step_share=0.6)) == []
    assert found(stream, out, "episode-too-short", thresholds=Thresholds(min_episodes=6)) == []
    assert found(stream, out, "episode-too-short", {})[0].loss is None


def test_one_step_episodes_among_short_ones_are_not() -> None:
    done = rows([1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1])  # 1, 2, 3, 1, 3: 40 % against 3 over 8 / 3
    assert found(*batch(shape=(1, 11), done=done), "episode-too-short", thresholds=Thresholds(min_episodes=5)) == []
    longer = rows([0, 1, 0, 1, 0, 0, 1])
    assert found(*batch(shape=(1, 7), done=longer), "episode-too-short", thresholds=Thresholds(min_episodes=2)) == []


def test_ends_on_row_0_are_read_by_nobody() -> None:
    stream, out = batch(shape=(2, 4), done=rows([1, 0, 0, 1], [0, 1, 0, 1]))
    limits = Thresholds(unread_end_share=0.24)
    (only,) = found(stream, out, "episode-too-short", thresholds=limits)
    assert (only.measured, only.severity, only.places) == (0.25, "info", ((0, 0),))
    assert found(stream, out, "episode-too-short", thresholds=Thresholds(unread_end_share=0.25)) == []


def test_a_pair_that_leads_to_a_reset_row_is_counted_with_its_shares() -> None:
    done, time = rows([0, 0, 1, 0, 0]), rows([3, 4, 5, 0, 1])
    stream, out = batch(shape=(1, 5), done=done, time=time)
    (only,) = found(stream, out, "reset-pair")
    assert (only.places, only.unit, only.measured, only.loss) == (((0, 2),), "transition", 0.25, "dqn")
    q = out["dqn"][0, torch.arange(4), stream["action"][0, 1:]]
    following = 0.99 * out["dqn_target"][0, 1:].amax(-1) * (done[0, 1:] == 0)
    squared = (stream["reward"][0, 1:] + following - q).square()
    assert only.share_of_loss == pytest.approx(float(squared[2] / squared.sum()), rel=1e-5)
    assert only.share_of_gradient == pytest.approx(float(squared[2].sqrt() / squared.sqrt().sum()), rel=1e-5)


def test_a_first_transition_after_an_end_is_no_reset_pair() -> None:
    stream, out = batch(shape=(1, 5), done=rows([0, 0, 1, 0, 0]), time=rows([3, 4, 0, 1, 2]))
    assert found(stream, out, "reset-pair") == []
    stream, out = batch(
        shape=(1, 5), done=rows([0, 0, 1, 1, 0]), time=rows([3, 4, 5, 0, 1])
    )  # a reset row ends nothing
    assert found(stream, out, "reset-pair") == []


def test_resets_are_seen_with_vector_dqn_alone_and_not_where_nothing_tells_them() -> None:
    stream, out = batch(shape=(1, 5), done=rows([0, 0, 1, 0, 0]), time=rows([3, 4, 5, 0, 1]))
    (only,) = found(stream, without(out, "dqn"), "reset-pair")
    assert only.loss == "vec_dqn"
    stream, out = batch(shape=(1, 5), done=rows([0, 0, 1, 0, 0]), reward=torch.zeros(1, 5))
    report = report_on(stream, out, "reset-pair")
    assert report.not_checked[0].needs == "time, to tell reset rows from first transitions"


BOOTSTRAPPED = configs(dqn={"gamma_truncated": 0.9})


def test_a_truncated_row_with_time_0_shows_the_reset() -> None:
    stream, out = batch(shape=(1, 6), done=rows([0, 0, 2, 0, 2, 0]), time=rows([3, 4, 0, 1, 2, 3]))
    (only,) = found(stream, out, "truncation-bootstrap", BOOTSTRAPPED)
    assert only.message == "50 % of the truncated rows have time = 0 (threshold 0): a reset."
    assert only.places == ((0, 1),)
    assert only.change is not None
    assert (only.change.field, only.change.value) == ("dqn.gamma_truncated", 0.0)
    assert found(stream, out, "truncation-bootstrap") == []  # nothing bootstraps there
    stream["done"][0, 2] = 0
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED) == []


def with_observations(shown: int, *, time: bool = True) -> tuple[Any, Any]:
    """Episodes of five steps from observation 0 on; truncated rows show `shown`."""
    observation = torch.arange(6).repeat(4, 5)
    done = (observation == 5) * 2
    stream, out = batch(shape=(4, 30), done=done, obs_discrete=torch.where(observation == 5, shown, observation))
    if time:
        stream["time"] = observation
    return stream, out


def test_a_truncated_row_with_the_observation_of_first_rows_shows_the_reset() -> None:
    stream, out = with_observations(shown=0)
    (only,) = found(stream, out, "truncation-bootstrap", BOOTSTRAPPED)
    assert only.message == (
        "100 % of the truncated rows show an observation of a first row, as do 0 % of ordinary rows (threshold 90 %)."
    )
    assert only.count == 20
    at_most = Thresholds(truncation_first_share=1.0)
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED, at_most) == []


def test_a_truncated_row_with_an_observation_of_its_own_is_right() -> None:
    assert found(*with_observations(shown=5), "truncation-bootstrap", BOOTSTRAPPED) == []


def test_where_all_rows_look_like_first_rows_nothing_follows_from_it() -> None:
    stream, out = with_observations(shown=0)
    stream["obs_discrete"] = torch.zeros_like(stream["obs_discrete"])
    stream["obs_image"] = torch.zeros(4, 30, 2, 2)
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED) == []


@pytest.mark.parametrize(("factor", "count"), [(3.0, 0), (8.0, 1)])
def test_without_counter_and_observations_a_jump_of_the_values_tells(factor: float, count: int) -> None:
    value = torch.arange(20.0).repeat(2, 1)
    done = torch.zeros(2, 20, dtype=torch.int64)
    done[:, 10] = 2
    value[:, 10:] += factor - 1  # a step of 1 everywhere, and of `factor` into the truncated row
    stream, out = batch(shape=(2, 20), done=done, dqn_target=value.unsqueeze(-1).expand(2, 20, 3).contiguous())
    findings = found(stream, out, "truncation-bootstrap", BOOTSTRAPPED)
    assert [round(each.measured or 0) for each in findings] == [8] * count
    report = report_on(stream, out, "truncation-bootstrap", BOOTSTRAPPED, Thresholds(min_episodes=3))
    assert report.not_checked[0].needs == "3 truncated rows among others, found 2"
    out["dqn_target"][:] = 0
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED) == []


def test_a_counter_without_observations_that_goes_on_is_right() -> None:
    stream, out = batch(shape=(1, 6), done=rows([0, 0, 0, 2, 0, 0]), time=rows([0, 1, 2, 3, 1, 2]))
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED) == []


@pytest.mark.parametrize(
    ("time", "places"),
    [
        ([4, 5, 6, 0, 1, 2], ((0, 2),)),
        ([4, 5, 6, 99, 100, 101], ((0, 2),)),
        ([0, 4, 8, 12, 16, 20], ()),  # frames, four to a step
        ([-1, -1, -1, 7, 8, 9], ()),  # unknown
        ([0, 3, 5, 9, 1, 4], ((0, 3),)),  # irregular: only going back tells
    ],
)
def test_a_counter_that_does_not_go_on_is_a_seam(time: list[float], places: tuple[tuple[int, int], ...]) -> None:
    stream, out = batch(shape=(1, 6), time=rows(time))
    findings = found(stream, out, "sequence-straddle")
    assert [each.places for each in findings] == [places] * bool(places)


def test_an_end_explains_a_new_sequence() -> None:
    sequence, time = rows([1, 1, 1, 2, 2, 2]), rows([4, 5, 6, 0, 1, 2])
    stream, out = batch(shape=(1, 6), time=time, sequence_id=sequence)
    assert [each.field for each in found(stream, out, "sequence-straddle")] == [
        "step_stream.sequence_id",
        "step_stream.time",
    ]
    for end in (2, 3):
        stream["done"] = torch.zeros(1, 6, dtype=torch.int64)
        stream["done"][0, end] = 1
        assert found(stream, out, "sequence-straddle") == []


def test_seams_are_seen_without_codes_and_losses() -> None:
    stream, out = batch(shape=(1, 6), time=rows([4, 5, 6, 3, 4, 5]))
    (only,) = found(without(stream, "done"), out, "sequence-straddle", {})
    assert (only.loss, only.places) == (None, ((0, 2),))
    stream["time"] = rows([4, 5, 6, 0, 1, 2])  # without codes, a reset is none
    assert found(without(stream, "done"), out, "sequence-straddle", {}) == []
    assert found(*batch(shape=(2, 1), time=rows([3], [4])), "sequence-straddle") == []
    assert found(*batch(shape=(1, 2), time=rows([-1, -1])), "sequence-straddle") == []
