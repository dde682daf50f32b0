"""Every rule over a run."""

from mouse.diagnosis.rule import Rule
from mouse_dashboard.runs.history.rules.findings import run_finding, run_finding_gone
from mouse_dashboard.runs.history.rules.heads import run_target_frozen, run_target_is_online
from mouse_dashboard.runs.history.rules.jumps import run_jump, run_not_finite

RUN_RULES: dict[str, Rule] = {
    each.id: each
    for each in (run_jump, run_not_finite, run_target_frozen, run_target_is_online, run_finding, run_finding_gone)
}
"""In the order in which they run."""
