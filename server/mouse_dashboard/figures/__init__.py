"""The list of all figures. A loss has the figures whose terms it has; the page shows whatever is listed here."""

from typing import Any

from mouse_dashboard.figures.action_gradient import ACTION_GRADIENT
from mouse_dashboard.figures.action_values import ACTION_VALUES
from mouse_dashboard.figures.agreement import AGREEMENT
from mouse_dashboard.figures.changed import CHANGED
from mouse_dashboard.figures.cql_bias import CQL_BIAS
from mouse_dashboard.figures.cql_over_time import CQL_OVER_TIME
from mouse_dashboard.figures.cql_penalty import CQL_PENALTY
from mouse_dashboard.figures.cql_push import CQL_PUSH
from mouse_dashboard.figures.divergences import DIVERGENCES, DIVERGENCES_HERE
from mouse_dashboard.figures.entropy import ENTROPY
from mouse_dashboard.figures.figure import Figure
from mouse_dashboard.figures.histogram import HISTOGRAM
from mouse_dashboard.figures.lead_matrix import LEAD_MATRIX
from mouse_dashboard.figures.policies import POLICIES
from mouse_dashboard.figures.prediction import PREDICTION
from mouse_dashboard.figures.remaining_angle import REMAINING_ANGLE
from mouse_dashboard.figures.residual_by_action import RESIDUAL_BY_ACTION
from mouse_dashboard.figures.rotation_dial import ROTATION_DIAL
from mouse_dashboard.figures.scores_over_time import SCORES_OVER_TIME
from mouse_dashboard.figures.sequence import SEQUENCE
from mouse_dashboard.figures.share_by import SHARE_BY
from mouse_dashboard.figures.share_curve import SHARE_CURVE
from mouse_dashboard.figures.td_error_by_end import TD_ERROR_BY_END
from mouse_dashboard.figures.temperature import TEMPERATURE
from mouse_dashboard.figures.term_map import TERM_MAP
from mouse_dashboard.figures.theta import THETA
from mouse_dashboard.figures.value_prediction import VALUE_PREDICTION
from mouse_dashboard.figures.waterfall import WATERFALL
from mouse_dashboard.figures.worst import WORST

FIGURES: dict[str, Figure[Any, Any]] = {
    figure.name: figure
    for figure in (
        TERM_MAP,
        HISTOGRAM,
        SHARE_CURVE,
        SHARE_BY,
        WORST,
        CHANGED,
        THETA,
        REMAINING_ANGLE,
        DIVERGENCES,
        ENTROPY,
        TEMPERATURE,
        AGREEMENT,
        VALUE_PREDICTION,
        RESIDUAL_BY_ACTION,
        DIVERGENCES_HERE,
        TD_ERROR_BY_END,
        PREDICTION,
        CQL_PENALTY,
        CQL_BIAS,
        CQL_OVER_TIME,
        CQL_PUSH,
        SEQUENCE,
        SCORES_OVER_TIME,
        WATERFALL,
        ACTION_VALUES,
        ROTATION_DIAL,
        LEAD_MATRIX,
        POLICIES,
        ACTION_GRADIENT,
    )
}
