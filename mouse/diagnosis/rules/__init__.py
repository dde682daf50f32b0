"""The one list of rules: a new one is a function in a file of its theme, and a line here."""

from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules.actions import action_out_of_range, invalid_action_taken, padded_q_finite
from mouse.diagnosis.rules.alignment import alignment_off_by_one
from mouse.diagnosis.rules.cql import cql_dominates
from mouse.diagnosis.rules.ends import done_merged, done_unknown_code, episode_too_short
from mouse.diagnosis.rules.fields import input_not_finite, shape_mismatch
from mouse.diagnosis.rules.frozen import observation_frozen
from mouse.diagnosis.rules.heads import student_is_distribution, target_not_copied
from mouse.diagnosis.rules.masks import legal_mask
from mouse.diagnosis.rules.missing_ends import end_inside_episode, ends_missing
from mouse.diagnosis.rules.numerics import gradient_not_finite, low_precision
from mouse.diagnosis.rules.optimal import q_star_contradicted
from mouse.diagnosis.rules.order import rows_not_in_order
from mouse.diagnosis.rules.resets import reset_pair, sequence_straddle, truncation_bootstrap
from mouse.diagnosis.rules.returns import n_step_discount, reward_not_a_function
from mouse.diagnosis.rules.rewards import (
    reward_all_zero,
    reward_constant_normalized,
    reward_sign_flip,
    reward_single_normalized,
)
from mouse.diagnosis.rules.rows import padding, rows_never_written, same_sequence_repeated
from mouse.diagnosis.rules.statistics import value_statistics
from mouse.diagnosis.rules.student import student_saturated, teacher_is_student
from mouse.diagnosis.rules.targets import (
    discount_unbounded,
    q_overestimation,
    target_equals_online,
    target_scale,
)
from mouse.diagnosis.rules.teacher import q_star_ties, temperature_extreme, temperature_ignored
from mouse.diagnosis.rules.vectors import theta_wraps, vector_degenerate, vector_dim, vector_ignores_done

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        shape_mismatch,
        input_not_finite,
        rows_never_written,
        padding,
        observation_frozen,
        rows_not_in_order,
        same_sequence_repeated,
        action_out_of_range,
        alignment_off_by_one,
        q_star_contradicted,
        legal_mask,
        invalid_action_taken,
        padded_q_finite,
        done_unknown_code,
        n_step_discount,
        sequence_straddle,
        end_inside_episode,
        ends_missing,
        done_merged,
        episode_too_short,
        reset_pair,
        truncation_bootstrap,
        reward_all_zero,
        reward_not_a_function,
        reward_constant_normalized,
        reward_single_normalized,
        reward_sign_flip,
        student_is_distribution,
        target_not_copied,
        target_scale,
        q_overestimation,
        discount_unbounded,
        target_equals_online,
        cql_dominates,
        temperature_extreme,
        temperature_ignored,
        q_star_ties,
        student_saturated,
        teacher_is_student,
        theta_wraps,
        vector_degenerate,
        vector_dim,
        vector_ignores_done,
        gradient_not_finite,
        low_precision,
        value_statistics,
    )
}
"""Every rule by its id, in the order in which they run."""
