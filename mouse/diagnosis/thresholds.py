"""All thresholds of all rules, tuned on batches that are known to be right."""

from typing import Annotated

from annotated_types import Ge, Gt
from pydantic import Strict
from pydantic.dataclasses import dataclass

from mouse.losses.config import STRICT, Fraction

Count = Annotated[int, Strict(), Ge(0)]
Size = Annotated[float, Strict(), Gt(0)]


@dataclass(frozen=True, kw_only=True, config={**STRICT, "use_attribute_docstrings": True})
class Thresholds:
    """When a rule speaks up. A measured value on the threshold itself is not a finding."""

    min_samples: Count = 64
    """Transitions or steps that a statistic needs at least; with fewer a rule is silent."""
    min_episodes: Count = 8
    """Whole episodes that a statement on their lengths needs."""
    shuffled_share: Fraction = 0.0
    """Share of sequences in which `time` does not go on between many rows."""
    predictable_share: Fraction = 0.1
    """Share of an observation that the row before predicts; below it, rows are in no order."""
    unwritten_share: Fraction = 0.0
    """Share of rows that were never written."""
    padding_share: Fraction = 0.05
    """Share of the pairs of rows that are padding."""
    repeated_share: Fraction = 0.1
    """Share of sequences that equal an earlier one."""
    mask_share: Fraction = 0.0
    """Share of rows in which masks of legal actions contradict one another."""
    multiplied_share: Fraction = 0.99
    """Share of the values of illegal actions that are exactly 0."""
    padded_warning_share: Fraction = 0.3
    """Share of next-state maxima that an invalid action wins, from where on it is a warning."""
    distribution_sum: Size = 1e-3
    """How far sums of a policy head's outputs are from 1 where they are probabilities."""
    target_distance: Size = 1.0
    """Root mean square of target - online, relative to the standard deviation of online."""
    target_spread: Size = 0.3
    """Standard deviation of a target relative to online, below: a copy of an untrained head."""
    reward_noise: Size = 0.05
    """Standard deviation of the rewards of one and the same step, relative to that of all."""
    many_transitions: Count = 512
    """Transitions among which an episode is expected to end."""
    unpaid_deaths: Count = 300
    """Unpaid ends after which a goal is expected: so many miss one that 1 of 100 episodes reaches in 5 % of cases."""
    min_jumps: Count = 3
    """Places that a statement on single places needs at least."""
    inside_share: Fraction = 0.05
    """Share of the ends after which `time` goes on."""
    longest_share: Fraction = 0.1
    """Share of episodes of exactly the greatest length, none of them truncated."""
    longest_chance: Fraction = 1e-3
    """Probability of so many episodes of the greatest length beside those just below."""
    one_step_share: Fraction = 0.2
    """Share of one-step episodes among longer ones, beyond 3 over their mean length."""
    unread_end_share: Fraction = 0.2
    """Share of ends that lie on row 0, which no loss reads."""
    value_share: Fraction = 0.05
    """Share of the steps that optimal values contradict."""
    value_error: Size = 0.25
    """How far an optimal value is from what its step says, in standard deviations of the values."""
    frozen_share: Fraction = 0.999
    """Share of the steps that leave every observation as it was."""
    alignment_gap: Fraction = 0.15
    """How much more often q_star agrees with the action of its own row than with the next row's."""
    alignment_first_reward: Fraction = 0.05
    """Share of first rows of episodes (time = 0) that hold a reward."""
    alignment_reward_gap: Fraction = 0.5
    """How much more often a reward lies right after an end than at ends and elsewhere."""
    alignment_dependence: Fraction = 0.5
    """How much more of the reward's variance a neighbouring row's action explains than its own."""
    truncation_first_share: Fraction = 0.9
    """Share of truncated rows whose observation is that of a first row."""
    truncation_unlike_share: Fraction = 0.5
    """Share of truncated rows to whose observation no step leads from the row before."""
    truncation_jump: Size = 5.0
    """Median change of max Q into truncated rows, relative to that into other rows."""
    constant_reward_std: Size = 1e-6
    """Standard deviation of a row's rewards, relative to the largest, that counts as none."""
    normalized_reward_max: Size = 1e3
    """Largest size of a normalised reward."""
    sign_flip_share: Fraction = 0.05
    """Share of transitions whose reward gets the sign that no reward of its row had."""
    target_high: Size = 100.0
    """Highest 99th percentile of |td_target| that trains well."""
    target_low: Size = 0.01
    """Lowest 99th percentile of |td_target| that trains well."""
    overestimation_factor: Size = 1.5
    """Largest |q_next_max| relative to max |reward| / (1 - gamma), all that can be earned."""
    overestimation_floor: Size = 1.0
    """Size of values that an untrained network has anyway; smaller ones are never too large."""
    overestimation_bias: Size = 1.0
    """Mean of q_taken - q_star, relative to the root mean square of q_star plus max |reward|."""
    horizon_ratio: Size = 100.0
    """Effective horizon 1 / (1 - gamma) in lengths of a sequence."""
    learned_residual: Size = 0.8
    """Residual variance, or mean 1 - cosine, below which a head has learned something."""
    padded_max_share: Fraction = 0.0
    """Share of next-state maxima that an invalid action wins."""
    cql_share: Fraction = 0.5
    """Share of the CQL term in the summed length of the gradients."""
    entropy_low: Fraction = 0.05
    """Mean entropy of the teacher over ln(valid actions): below, it is one-hot."""
    entropy_high: Fraction = 0.98
    """Mean entropy of the teacher over ln(valid actions): above, it is uniform."""
    student_low: Fraction = 0.02
    """Mean entropy of the student over ln(valid actions): below, it has collapsed."""
    student_high: Fraction = 0.98
    """Mean entropy of the student over ln(valid actions): above, it is uniform."""
    student_agreement: Fraction = 0.9
    """Share of steps on which a collapsed student chooses an optimal action."""
    same_distribution: Size = 1e-6
    """Largest difference of the probabilities of teacher and student that counts as none."""
    tie_margin: Size = 1e-6
    """Lead of the best action over the second, relative to the range of its step."""
    tie_share: Fraction = 0.05
    """Share of steps, but for terminal ones, whose best action ties."""
    theta_share: Fraction = 0.01
    """Share of transitions with |theta| above pi: a warning."""
    theta_error_share: Fraction = 0.05
    """Share of transitions with |theta| above pi: an error."""
    theta_half_share: Fraction = 0.05
    """Share of transitions with |theta| above pi / 2: reported as info."""
    vector_norm: Size = 1e-3
    """Length of a vector below which its direction is noise."""
    vector_margin: Size = 1e-4
    """Lead of the greedy action's score over the second, in radians, that counts as none."""
    vector_share: Fraction = 0.05
    """Share of transitions with a vector without length or a choice without winner."""
    lost_reward_share: Fraction = 0.05
    """Share of rewards below half a unit in the last place of the value they add to."""
    dead_share: Fraction = 0.95
    """Share of a term's places whose gradient is exactly 0, in a loss of one's own."""
    gradient_ratio: Size = 100.0
    """Length of the gradient of one summand of a loss relative to that of another."""
