"""What the doctor says of transitions without order: of N transitions, and of no episode."""

import pytest
import torch
from torch import Tensor

import mouse
from mouse.diagnosis import Report, doctor
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.unordered import UnorderedEpisodes
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig

OF_EPISODES = {
    "done-merged", "episode-too-short", "alignment-off-by-one", "reset-pair", "sequence-straddle",
    "truncation-bootstrap", "target-equals-online", "reward-sign-flip",
}  # fmt: skip
COUNT, ACTIONS = 400, 4


def sample(**more: Tensor) -> dict[str, Tensor]:
    """A sample of a replay buffer in which nothing is wrong."""
    generator = torch.Generator().manual_seed(0)
    done = (torch.rand(COUNT, generator=generator) < 0.1).long()
    dqn, target = (torch.randn(COUNT, ACTIONS, generator=generator) for _ in range(2))
    fields = {
        "obs": torch.randn(COUNT, 4, generator=generator), "next_obs": torch.randn(COUNT, 4, generator=generator),
        "action": torch.randint(ACTIONS, (COUNT,), generator=generator),
        "reward": torch.randn(COUNT, generator=generator), "done": done, "dqn": dqn, "dqn_target_next": target,
        "q_star": dqn + 0.1, "sp": dqn / 2, "sequence_id": torch.arange(COUNT) + 5, "time": torch.arange(COUNT) % 7,
    }  # fmt: skip
    return fields | more


def report(fields: dict[str, Tensor], **configs: LossConfig) -> Report:
    return doctor(*mouse.transitions(**fields), configs or {"dqn": DqnLossConfig(), "sp": SpLossConfig()})


def test_rules_about_episodes_are_not_checked_and_say_why() -> None:
    found = report(sample())
    skipped = {each.rule: each.needs for each in found.not_checked}
    assert skipped.keys() >= OF_EPISODES
    assert {skipped[rule] for rule in OF_EPISODES} == {"steps in order: these are transitions without order"}


def test_a_right_sample_is_not_warned_of() -> None:
    assert [finding.rule for finding in report(sample()) if finding.severity != "info"] == []


def test_zeros_beside_the_first_states_are_no_rewards_and_no_actions() -> None:
    found = report(sample(reward=torch.zeros(COUNT)))
    (only,) = [finding for finding in found if finding.rule == "reward-all-zero"]
    assert only.message.startswith(f"0 of {COUNT} transitions have a reward other than 0")
    assert "reward-all-zero" not in {finding.rule for finding in report(sample(reward=torch.ones(COUNT)))}


def test_findings_count_transitions() -> None:
    found = report(sample(action=torch.full((COUNT,), ACTIONS)))
    (only,) = [finding for finding in found if finding.rule == "action-out-of-range"]
    assert only.count == COUNT


def test_optimal_values_of_the_first_states_alone_leave_no_next_state_without_an_action() -> None:
    assert "invalid-action-taken" not in {finding.rule for finding in report(sample())}
    q_star_next = torch.zeros(COUNT, ACTIONS)
    q_star_next[::2] = -torch.inf
    found = report(sample(q_star_next=q_star_next))
    assert "running transitions into a state where q_star is -inf throughout" in " ".join(
        finding.message for finding in found if finding.rule == "invalid-action-taken"
    )


def test_values_above_the_optimal_ones_are_told_without_halves_of_sequences() -> None:
    fields = sample()
    found = report(fields | {"dqn": fields["dqn"] + 50, "q_star": fields["dqn"]}, dqn=DqnLossConfig())
    (only,) = [finding for finding in found if "above q_star" in finding.message]
    assert "half of the sequences" not in only.message


@pytest.mark.parametrize("switch", ["normalize_reward_std", "normalize_reward_mean"])
def test_a_reward_cannot_be_normalised_over_its_own_transition(switch: str) -> None:
    found = report(sample(), dqn=DqnLossConfig(**{switch: True}))
    (only,) = [finding for finding in found if finding.rule == "reward-single-normalized"]
    assert only.field == f"configs.dqn.{switch}"
    assert only.change is not None


def test_vector_heads_of_one_state_each_are_no_vectors_without_a_direction() -> None:
    generator = torch.Generator().manual_seed(1)
    fields = sample(
        vec_dqn=torch.randn(COUNT, ACTIONS, 2, generator=generator),
        vec_dqn_target_next=torch.randn(COUNT, ACTIONS, 2, generator=generator),
    )
    found = report(fields | {"reward": fields["reward"] / 10}, vec_dqn=VecDqnLossConfig())
    assert [finding.rule for finding in found if finding.severity != "info"] == []


@pytest.mark.parametrize("asked", ["reset_pairs", "reset_rows", "lengths"])
def test_what_is_asked_of_the_steps_around_a_transition_is_refused(asked: str) -> None:
    with pytest.raises(RuleSkipped, match="transitions without order"):
        getattr(UnorderedEpisodes(torch.zeros(3, 2).long(), None, None), asked)
