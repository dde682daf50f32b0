"""The one list of figures. A loss has those whose terms it has; the page shows whatever is listed here."""

from typing import Any

from server.figures.action_gradient import ACTION_GRADIENT
from server.figures.action_values import ACTION_VALUES
from server.figures.agreement import AGREEMENT
from server.figures.changed import CHANGED
from server.figures.cql_bias import CQL_BIAS
from server.figures.cql_over_time import CQL_OVER_TIME
from server.figures.cql_penalty import CQL_PENALTY
from server.figures.cql_push import CQL_PUSH
from server.figures.divergences import DIVERGENCES, DIVERGENCES_HERE
from server.figures.entropy import ENTROPY
from server.figures.figure import Figure
from server.figures.histogram import HISTOGRAM
from server.figures.lead_matrix import LEAD_MATRIX
from server.figures.policies import POLICIES
from server.figures.prediction import PREDICTION
from server.figures.remaining_angle import REMAINING_ANGLE
from server.figures.residual_by_action import RESIDUAL_BY_ACTION
from server.figures.rotation_dial import ROTATION_DIAL
from server.figures.scores_over_time import SCORES_OVER_TIME
from server.figures.sequence import SEQUENCE
from server.figures.share_by import SHARE_BY
from server.figures.share_curve import SHARE_CURVE
from server.figures.td_error_by_end import TD_ERROR_BY_END
from server.figures.temperature import TEMPERATURE
from server.figures.term_map import TERM_MAP
from server.figures.theta import THETA
from server.figures.value_prediction import VALUE_PREDICTION
from server.figures.waterfall import WATERFALL
from server.figures.worst import WORST

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
