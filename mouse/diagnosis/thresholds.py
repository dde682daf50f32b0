"""Where a number becomes a finding: every threshold of every rule, tuned on batches that are known to be right."""

from typing import Annotated

from annotated_types import Ge, Gt
from pydantic import Field, Strict
from pydantic.dataclasses import dataclass

from mouse.losses.config import STRICT, Fraction

Count = Annotated[int, Strict(), Ge(0)]
Size = Annotated[float, Strict(), Gt(0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Thresholds:
    """When a rule speaks up. A measured value on the threshold itself is not a finding."""

    min_samples: Annotated[
        Count, Field(description="Transitions or steps that a statistic needs at least; with fewer a rule is silent.")
    ] = 64
    min_episodes: Annotated[Count, Field(description="Whole episodes that a statement on their lengths needs.")] = 8
    shuffled_share: Annotated[
        Fraction, Field(description="Share of sequences in which `time` does not go on between most rows.")
    ] = 0.0
    told_share: Annotated[
        Fraction, Field(description="Share of an observation that the row before tells, below: in no order.")
    ] = 0.1
    unwritten_share: Annotated[Fraction, Field(description="Share of rows that were never written.")] = 0.0
    padding_share: Annotated[Fraction, Field(description="Share of the pairs of rows that are padding.")] = 0.05
    repeated_share: Annotated[Fraction, Field(description="Share of sequences that equal an earlier one.")] = 0.1
    mask_share: Annotated[
        Fraction, Field(description="Share of rows in which masks of legal actions contradict one another.")
    ] = 0.0
    multiplied_share: Annotated[
        Fraction, Field(description="Share of the values of illegal actions that are exactly 0.")
    ] = 0.99
    padded_warning_share: Annotated[
        Fraction,
        Field(description="Share of next-state maxima that an invalid action wins, from where on it is a warning."),
    ] = 0.3
    distribution_sum: Annotated[
        Size, Field(description="How far sums of a policy head's outputs are from 1 where they are probabilities.")
    ] = 1e-3
    target_distance: Annotated[
        Size, Field(description="Root mean square of target - online, relative to the standard deviation of online.")
    ] = 1.0
    target_spread: Annotated[
        Size,
        Field(description="Standard deviation of a target relative to online, below: a copy of an untrained head."),
    ] = 0.3
    reward_noise: Annotated[
        Size, Field(description="Standard deviation of the rewards of one and the same step, relative to that of all.")
    ] = 0.05
    many_transitions: Annotated[Count, Field(description="Transitions among which an episode is expected to end.")] = (
        512
    )
    min_jumps: Annotated[Count, Field(description="Places that a statement on single places needs at least.")] = 3
    inside_share: Annotated[Fraction, Field(description="Share of the ends after which `time` goes on.")] = 0.05
    longest_share: Annotated[
        Fraction, Field(description="Share of episodes of exactly the greatest length, none of them truncated.")
    ] = 0.1
    longest_chance: Annotated[
        Fraction, Field(description="Probability of so many episodes of the greatest length beside those just below.")
    ] = 1e-3
    one_step_share: Annotated[
        Fraction, Field(description="Share of one-step episodes among longer ones, beyond 3 over their mean length.")
    ] = 0.2
    unread_end_share: Annotated[
        Fraction, Field(description="Share of ends that lie on row 0, which no loss reads.")
    ] = 0.2
    alignment_gap: Annotated[
        Fraction,
        Field(description="How much more often q_star agrees with the action of its own row than with the next row's."),
    ] = 0.15
    alignment_first_reward: Annotated[
        Fraction, Field(description="Share of first rows of episodes (time = 0) that hold a reward.")
    ] = 0.05
    alignment_reward_gap: Annotated[
        Fraction, Field(description="How much more often a reward lies right after an end than at ends and elsewhere.")
    ] = 0.5
    alignment_dependence: Annotated[
        Fraction,
        Field(description="How much more of the reward's variance a neighbouring row's action explains than its own."),
    ] = 0.5
    truncation_first_share: Annotated[
        Fraction, Field(description="Share of truncated rows whose observation is that of a first row.")
    ] = 0.9
    truncation_unlike_share: Annotated[
        Fraction, Field(description="Share of truncated rows to whose observation no step leads from the row before.")
    ] = 0.5
    truncation_jump: Annotated[
        Size, Field(description="Median change of max Q into truncated rows, relative to that into other rows.")
    ] = 5.0
    constant_reward_std: Annotated[
        Size, Field(description="Standard deviation of a row's rewards, relative to the largest, that counts as none.")
    ] = 1e-6
    normalized_reward_max: Annotated[Size, Field(description="Largest size of a normalised reward.")] = 1e3
    sign_flip_share: Annotated[
        Fraction, Field(description="Share of transitions whose reward gets the sign that no reward of its row had.")
    ] = 0.05
    target_high: Annotated[Size, Field(description="Highest 99th percentile of |td_target| that trains well.")] = 100.0
    target_low: Annotated[Size, Field(description="Lowest 99th percentile of |td_target| that trains well.")] = 0.01
    overestimation_factor: Annotated[
        Size, Field(description="Largest |q_next_max| relative to max |reward| / (1 - gamma), all that can be earned.")
    ] = 1.5
    overestimation_floor: Annotated[
        Size,
        Field(description="Size of values that an untrained network has anyway; smaller ones are never too large."),
    ] = 1.0
    overestimation_bias: Annotated[
        Size,
        Field(description="Mean of q_taken - q_star, relative to the root mean square of q_star plus max |reward|."),
    ] = 1.0
    horizon_ratio: Annotated[Size, Field(description="Effective horizon 1 / (1 - gamma) in lengths of a sequence.")] = (
        100.0
    )
    learned_residual: Annotated[
        Size, Field(description="Residual variance, or mean 1 - cosine, below which a head has learned something.")
    ] = 0.8
    padded_max_share: Annotated[
        Fraction, Field(description="Share of next-state maxima that an invalid action wins.")
    ] = 0.0
    cql_share: Annotated[
        Fraction, Field(description="Share of the CQL term in the summed length of the gradients.")
    ] = 0.5
    entropy_low: Annotated[
        Fraction, Field(description="Mean entropy of the teacher over ln(valid actions): below, it is one-hot.")
    ] = 0.05
    entropy_high: Annotated[
        Fraction, Field(description="Mean entropy of the teacher over ln(valid actions): above, it is uniform.")
    ] = 0.98
    student_low: Annotated[
        Fraction, Field(description="Mean entropy of the student over ln(valid actions): below, it has collapsed.")
    ] = 0.02
    student_high: Annotated[
        Fraction, Field(description="Mean entropy of the student over ln(valid actions): above, it is uniform.")
    ] = 0.98
    student_agreement: Annotated[
        Fraction, Field(description="Share of steps on which a collapsed student chooses an optimal action.")
    ] = 0.9
    same_distribution: Annotated[
        Size, Field(description="Largest difference of the probabilities of teacher and student that counts as none.")
    ] = 1e-6
    tie_margin: Annotated[
        Size, Field(description="Lead of the best action over the second, relative to the range of its step.")
    ] = 1e-6
    tie_share: Annotated[
        Fraction, Field(description="Share of steps, but for terminal ones, whose best action ties.")
    ] = 0.05
    theta_share: Annotated[Fraction, Field(description="Share of transitions with |theta| above pi: a warning.")] = 0.01
    theta_error_share: Annotated[
        Fraction, Field(description="Share of transitions with |theta| above pi: an error.")
    ] = 0.05
    theta_half_share: Annotated[
        Fraction, Field(description="Share of transitions with |theta| above pi / 2: reported as info.")
    ] = 0.05
    vector_norm: Annotated[Size, Field(description="Length of a vector below which its direction is noise.")] = 1e-3
    vector_margin: Annotated[
        Size, Field(description="Lead of the greedy action's score over the second, in radians, that counts as none.")
    ] = 1e-4
    vector_share: Annotated[
        Fraction, Field(description="Share of transitions with a vector without length or a choice without winner.")
    ] = 0.05
    lost_reward_share: Annotated[
        Fraction, Field(description="Share of rewards below half a unit in the last place of the value they add to.")
    ] = 0.05
    dead_share: Annotated[
        Fraction, Field(description="Share of a term's places whose gradient is exactly 0, in a loss of one's own.")
    ] = 0.95
    gradient_ratio: Annotated[
        Size, Field(description="Length of the gradient of one summand of a loss relative to that of another.")
    ] = 100.0
