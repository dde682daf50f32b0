"""The list of rules for any function: a new one is a function in a file of its theme, and a line here."""

from mouse.diagnosis.function_rules.broadcasting import silent_broadcast
from mouse.diagnosis.function_rules.data import constant_term, mask_ignored
from mouse.diagnosis.function_rules.double_q import double_q_swapped
from mouse.diagnosis.function_rules.finite import gradient_not_finite, term_not_finite
from mouse.diagnosis.function_rules.indices import index_as_number
from mouse.diagnosis.function_rules.paths import gradient_blocked
from mouse.diagnosis.function_rules.policy_signs import advantage_reversed, clip_reversed, entropy_minimized
from mouse.diagnosis.function_rules.raising import loss_raises
from mouse.diagnosis.function_rules.sizes import scale_mismatch, term_dead
from mouse.diagnosis.function_rules.softmax import softmax_misused
from mouse.diagnosis.function_rules.unread import batch_changed, field_ignored
from mouse.diagnosis.rule import Rule

FUNCTION_RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        loss_raises,
        silent_broadcast,
        term_not_finite,
        gradient_not_finite,
        gradient_blocked,
        softmax_misused,
        index_as_number,
        advantage_reversed,
        clip_reversed,
        entropy_minimized,
        double_q_swapped,
        term_dead,
        scale_mismatch,
        mask_ignored,
        field_ignored,
        batch_changed,
        constant_term,
    )
}
"""Every rule for a loss function of one's own by its id, in the order in which they run."""
