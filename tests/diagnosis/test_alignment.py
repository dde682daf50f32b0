from typing import Any

import pytest
import torch

from mouse import doctor
from mouse.diagnosis import Thresholds
from tests.diagnosis.samples import ANY_SIZE, batch, found, found_if_checked, report_on, rows, without

RULE = "alignment-off-by-one"


def greedy(*, own_row: bool) -> tuple[Any, Any]:
    """Every action is the best one, of the row before it or of its own row."""
    best = torch.arange(30) ** 2 % 7 % 3
    action = best.clone()
    if not own_row:
        action[1:] = best[:-1]
    q_star = torch.nn.functional.one_hot(best, 3).float()
    return batch(shape=(1, 30), action=action.unsqueeze(0), q_star=q_star.unsqueeze(0))


def test_the_best_action_of_a_row_stands_in_the_next_row() -> None:
    assert found_if_checked(*greedy(own_row=False), RULE) == []
    (only,) = found(*greedy(own_row=True), RULE)
    assert only.message.startswith("q_star's best action is that of its own row in 100 % of the steps, and that of the")
    assert only.field == "step_stream.action"
    gap = only.measured or 0
    assert found_if_checked(*greedy(own_row=True), RULE, thresholds=Thresholds(min_samples=29, alignment_gap=gap)) == []
    assert len(found(*greedy(own_row=True), RULE, thresholds=Thresholds(min_samples=29, alignment_gap=gap - 0.01))) == 1
    assert found_if_checked(*greedy(own_row=True), RULE, thresholds=Thresholds(min_samples=30)) == []


def test_rows_where_every_action_is_best_say_nothing() -> None:
    stream, out = greedy(own_row=True)
    stream["q_star"] = torch.zeros(1, 30, 3)
    assert found_if_checked(stream, out, RULE) == []


def test_actions_that_a_wrong_mask_forbids_are_no_sign_of_a_lag() -> None:
    generator = torch.Generator().manual_seed(1)
    action, q_star = torch.randint(3, (1, 300), generator=generator), torch.rand((1, 300, 3), generator=generator)
    q_star[0, torch.arange(200), action[0, 1:201]] = -torch.inf
    stream, out = batch(shape=(1, 300), action=action, q_star=q_star)
    assert found_if_checked(stream, out, RULE) == []
    assert len(found(stream, out, "invalid-action-taken")) == 1


def paid_by(lag: int) -> tuple[Any, Any]:
    """The reward of a row is the number of the action of the row `lag` later."""
    action = torch.randint(3, (2, 60), generator=torch.Generator().manual_seed(3))
    stream, out = batch(shape=(2, 60), action=action, reward=action.roll(-lag, 1).float())
    return without(stream, "q_star"), out


@pytest.mark.parametrize(("lag", "which"), [(-1, "previous"), (1, "next")])
def test_a_reward_that_goes_with_a_neighbouring_rows_action_is_misplaced(lag: int, which: str) -> None:
    assert found_if_checked(*paid_by(0), RULE) == []
    (only,) = found(*paid_by(lag), RULE)
    assert only.message.startswith(f"The {which} row's action explains ")
    gap = only.measured or 0
    assert 0.9 < gap <= 1
    below = Thresholds(alignment_dependence=gap - 0.01, min_samples=118)
    assert len(found(*paid_by(lag), RULE, thresholds=below)) == 1
    assert found_if_checked(*paid_by(lag), RULE, thresholds=Thresholds(alignment_dependence=gap, min_samples=118)) == []
    assert found_if_checked(*paid_by(lag), RULE, thresholds=Thresholds(min_samples=119)) == []


def test_more_actions_than_can_be_told_apart_say_nothing() -> None:
    stream, out = paid_by(1)
    stream["action"][0, 0] = 5000
    assert found_if_checked(stream, out, RULE) == []
    stream, out = batch(shape=(1, 4), reward=torch.ones(1, 4), action=rows([0, 1, 2, 0]))
    assert found_if_checked(without(stream, "q_star"), out, RULE) == []


def test_rewards_that_are_no_number_are_left_out() -> None:
    stream, out = paid_by(1)
    stream["reward"][0, 10] = torch.nan
    assert len(found(stream, out, RULE)) == 1


def test_a_first_row_has_no_reward() -> None:
    time, reward = rows([0, 1, 2, 0, 1, 0, 1, 0]), torch.zeros(1, 8)
    reward[0, 3] = 2.0
    reward[0, 7] = torch.nan
    stream, out = batch(shape=(1, 8), time=time, reward=reward, done=rows([0, 0, 0, 0, 0, 1, 0, 0]))
    (only,) = found(stream, out, RULE)
    assert only.message == (
        "33.33 % of the first rows of episodes (time = 0) hold a reward, though nothing led to them (threshold 5 %)."
    )
    assert (only.places, only.unit, only.field) == (((0, 3),), "step", "step_stream.reward")
    assert found_if_checked(stream, out, RULE, thresholds=Thresholds(alignment_first_reward=0.34)) == []
    assert len(found(stream, out, RULE, thresholds=Thresholds(alignment_first_reward=0.33))) == 1


def test_the_first_step_of_an_episode_whose_end_is_early_is_no_reset_row() -> None:
    time, done = rows([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]), rows([0, 0, 0, 1, 0, 0, 0, 1, 0, 0])
    paid = torch.zeros(1, 10)
    paid[0, 4::4] = 1.0
    for reward, expected in ((paid, RULE), (torch.zeros(1, 10), "reset-pair")):
        stream, out = batch(shape=(1, 10), time=time, done=done, reward=reward)
        report = doctor(stream, out, rules=[RULE, "reset-pair"], thresholds=ANY_SIZE)
        assert {finding.rule for finding in report} == {expected}


@pytest.mark.parametrize(("late", "count"), [(1, 1), (0, 0)])
def test_a_reward_that_comes_only_right_after_ends_is_late(late: int, count: int) -> None:
    done = torch.zeros(1, 60, dtype=torch.int64)
    done[0, 4::5] = 1
    reward = done.roll(late, 1).float()
    stream, out = batch(shape=(1, 60), done=done, reward=reward)
    findings = found_if_checked(without(stream, "q_star"), out, RULE)
    assert [each.measured for each in findings] == [1.0] * count
    assert found_if_checked(stream, out, RULE, thresholds=Thresholds(alignment_reward_gap=1.0)) == []
    assert found_if_checked(stream, out, RULE, thresholds=Thresholds(min_episodes=12)) == []


def test_an_action_that_is_no_index_cannot_be_aligned() -> None:
    assert report_on(*batch(action=torch.zeros(4, 8)), RULE).not_checked[0].needs == "action of an integer type"


ENDED = (torch.arange(60).unsqueeze(0) % 5 == 4).long()
SAME = torch.ones(1, 60)


@pytest.mark.parametrize(
    ("fields", "min_episodes", "needs"),
    [
        ({"reward": SAME * 0, "time": 1 - ENDED}, 40, "a reward other than 0"),
        ({"reward": SAME, "done": ENDED}, 8, "rows with a reward among rows without one"),
        ({"reward": SAME}, 8, "actions and rewards that differ from step to step"),
        ({"action": SAME.long()}, 8, "actions and rewards that differ from step to step"),
    ],
)
def test_nothing_is_checked_where_rewards_or_actions_never_differ(
    fields: dict[str, Any], min_episodes: int, needs: str
) -> None:
    stream, out = batch(shape=(1, 60), **fields)
    limits = Thresholds(min_samples=0, min_episodes=min_episodes)
    (skipped,) = report_on(without(stream, "q_star"), out, RULE, thresholds=limits).not_checked
    assert needs in skipped.needs.split(" or ")


def goals(end: int = 0, paid: int = 0) -> Any:
    """Episodes of eight steps, every fifth of which pays where it ends, moved by so many rows; resets share the row."""
    step = torch.arange(8 * 33).view(1, -1).repeat(4, 1)
    ends = step % 8 == 0
    reward = (ends & (step // 8 % 5 == 0)).float()
    stream, out = batch(shape=(4, 8 * 33), time=step % 8, done=ends.long().roll(end, 1), reward=reward.roll(paid, 1))
    return without(stream, "q_star"), out


@pytest.mark.parametrize("moved", [{"end": -1}, {"paid": 1}])
def test_rewards_of_few_goals_right_after_ends_are_late_or_the_ends_early(moved: dict[str, int]) -> None:
    assert found_if_checked(*goals(), RULE, {}, thresholds=Thresholds()) == []
    first = Thresholds(alignment_first_reward=0.5)
    stream, out = goals(**moved)
    report = doctor(stream, out, {}, rules=[RULE, "reset-pair"], thresholds=first)
    assert [each.rule for each in report] == [RULE]
    assert report.findings[0].message.startswith("100 % of 2")
    assert report.findings[0].message.endswith("rewards stand right after an end (threshold 90 %).")
    few = Thresholds(alignment_first_reward=0.5, min_jumps=29)
    gap = Thresholds(alignment_first_reward=0.5, alignment_reward_gap=1.0)
    assert [found_if_checked(stream, out, RULE, {}, thresholds=limits) for limits in (few, gap)] == [[], []]


@pytest.mark.parametrize(("moved", "count"), [({"end": 1}, 28), ({"paid": -1}, 24)])
def test_rewards_of_few_goals_right_before_ends_are_early_or_the_ends_late(moved: dict[str, int], count: int) -> None:
    stream, out = goals(**moved)
    stream = without(stream, "time")
    (only,) = found_if_checked(stream, out, RULE, {}, thresholds=Thresholds())
    assert only.message == (
        f"100 % of {count} rewards stand right before an end (threshold 90 %): rewards stand a row early, or ends a row"
        " late."
    )
    assert (only.field, only.count, only.severity) == ("step_stream.reward", count, "warning")
    assert found_if_checked(stream, out, RULE, {}, thresholds=Thresholds(min_jumps=29)) == []
    stream["reward"][0, 3::8] = 1.0
    assert found_if_checked(stream, out, RULE, {}, thresholds=Thresholds()) == []


def test_rewards_of_each_step_say_nothing_about_ends() -> None:
    stream, out = goals()
    assert found_if_checked(without(stream, "time").replace({"reward": torch.ones(4, 264)}), out, RULE, {}) == []


@pytest.mark.parametrize("paid", [-2, 2])
def test_rewards_elsewhere_are_neither_early_nor_late(paid: int) -> None:
    assert found_if_checked(*goals(paid=paid), RULE, {}, thresholds=Thresholds()) == []


def test_an_action_that_nothing_could_show_is_not_checked_although_rewards_and_ends_are() -> None:
    stream, out = goals()
    (skipped,) = report_on(stream, out, RULE, {}, Thresholds()).not_checked
    assert skipped.needs == "observations or q_star or rewards that depend on the action of one row"


def test_a_random_agent_shows_nothing_by_optimal_values() -> None:
    stream, out = batch(shape=(8, 64))
    (skipped,) = report_on(stream, out, RULE, thresholds=Thresholds()).not_checked
    assert "an agent that takes the actions that q_star prefers" in skipped.needs.split(" or ")


def test_rewards_that_were_normalised_over_each_sequence_are_not_taken_for_rewards_on_first_rows() -> None:
    """What was 0 where nothing was paid is the negative mean there."""
    time = torch.arange(8).repeat(16, 4)
    paid = torch.where(time > 0, torch.rand(16, 32, generator=torch.Generator().manual_seed(0)), 0)
    action = torch.zeros_like(time)
    done = (time == 7).long()

    def alarms(reward: torch.Tensor) -> list[str]:
        fields = {"time": time, "action": action, "reward": reward, "done": done}
        return [each.message for each in doctor(fields, None, {}, rules=["alignment-off-by-one"])]

    spread = paid.std(dim=1, keepdim=True)
    assert alarms((paid - paid.mean(dim=1, keepdim=True)) / spread) == []
    assert any("first rows of episodes" in each for each in alarms(paid + 1))
