"""Rules over the vectors of vector DQN and the angle by which the reward turns them."""

import math
from collections.abc import Iterator

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Change, RawFinding, Severity
from mouse.diagnosis.need import field, finite, loss
from mouse.diagnosis.numbers import percent, quantile, round_down, share
from mouse.diagnosis.rule import rule
from mouse.wording import counted


@rule(
    "theta-wraps",
    "warning",
    needs=(loss("vec_dqn"),),
    thresholds=("theta_share", "theta_error_share", "theta_half_share"),
    shows="The share of transitions with |theta| above pi (an error where it is many), and above pi / 2 (information:"
    " from there on the vectors of a good and a bad transition point apart).",
    why="A reward of 3.5 turns further than one of 2.7, to the other side: the order of rewards is lost.",
    fix="Lower the reward scale, so that all but 1 % of the angles stay within pi / 2.",
    sources=("https://arxiv.org/abs/2104.09864",),
)
def theta_wraps(case: Case) -> Iterator[RawFinding]:
    """The reward turns vectors by more than half a turn.

    `theta`, the reward in radians, lies beyond +-pi, so that two different rewards mean the same rotation.
    """
    found, limits = case.evaluation("vec_dqn"), case.thresholds
    size = found.terms.theta.abs()
    wrapped, half = share(size > math.pi), share(size > math.pi / 2)
    severity: Severity = "warning"
    if wrapped > limits.theta_share:
        severity = "error" if wrapped > limits.theta_error_share else "warning"
        bound, name, measured, limit = math.pi, "pi", wrapped, limits.theta_share
        limit = limits.theta_error_share if severity == "error" else limit
    elif half > limits.theta_half_share:
        severity, bound, name, measured, limit = "info", math.pi / 2, "pi / 2", half, limits.theta_half_share
    else:
        return
    largest = quantile(size, 0.99)
    message = f"|theta| is above {name} in {percent(measured)} of the transitions (threshold {percent(limit)})."
    change = None
    if math.isfinite(largest) and found.cfg.reward_scale:
        change = Change("vec_dqn.reward_scale", round_down(found.cfg.reward_scale * math.pi / 2 / largest))
    mask = size > bound
    yield RawFinding(
        message=message, measured=measured, threshold=limit, mask=mask, loss="vec_dqn", change=change, severity=severity
    )


@rule(
    "vector-degenerate",
    "warning",
    needs=(finite("vec_dqn"),),
    thresholds=("vector_norm", "vector_margin", "vector_share"),
    shows="The share of transitions where v_taken or v_greedy is shorter than `vector_norm`; the share where the greedy"
    " action's score leads the second by less than `vector_margin`.",
    why="The gradient of a cosine grows as 1 / length, up to a cut-off; without a winner the lowest index is greedy.",
    fix="Check the head's initialisation and that its layers are alive; a penalty on short vectors helps.",
    sources=("https://arxiv.org/abs/2104.09864",),
)
def vector_degenerate(case: Case) -> Iterator[RawFinding]:
    """Vectors without a direction, choices without a winner.

    Vectors of length near 0 have no direction, and identical or opposite ones no greedy winner.
    """
    terms, limits = case.evaluation("vec_dqn").terms, case.thresholds
    limit = limits.vector_share
    for name, vectors in (("v_taken", terms.v_taken), ("v_greedy", terms.v_greedy)):
        short = vectors.float().norm(dim=-1) < limits.vector_norm
        measured = share(short)
        if measured > limit:
            message = (
                f"{name} is shorter than {limits.vector_norm:g} in {percent(measured)} of the transitions"
                f" (threshold {percent(limit)})."
            )
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=short, loss="vec_dqn")
    if terms.scores.shape[-1] > 1:
        best, second = terms.scores.topk(2, dim=-1).values.unbind(dim=-1)
        tied = best - second < limits.vector_margin
        measured = share(tied)
        if measured > limit:
            message = (
                f"The greedy action leads by less than {limits.vector_margin:g} rad in {percent(measured)} of the"
                f" transitions (threshold {percent(limit)})."
            )
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=tied, loss="vec_dqn")


@rule(
    "vector-dim",
    "error",
    needs=(field("vec_dqn"),),
    shows="D, the last dimension of `vec_dqn`: odd is an error, above 2 is reported as info.",
    why="The loss refuses an odd D. Above 2 the angle between two actions is taken from sums over the planes.",
    fix="Give the vector head an even number of components; 2 for exact angles.",
    sources=("https://arxiv.org/abs/2104.09864",),
)
def vector_dim(case: Case) -> Iterator[RawFinding]:
    """The number of components.

    A rotation turns pairs of components: an odd D cannot be turned, and D above 2 makes scores approximate.
    """
    dim = case.field("vec_dqn").shape[-1]
    if dim % 2:
        message = f"vec_dqn has D = {dim} components, expected an even number."
        yield RawFinding(message=message, measured=dim, threshold=2, field="out.vec_dqn")
    elif dim > 2:
        message = f"vec_dqn has D = {dim} components (threshold 2): scores are approximate."
        fix = "Nothing if more planes are meant; 2 components for exact angles."
        yield RawFinding(message=message, measured=dim, threshold=2, field="out.vec_dqn", fix=fix, severity="info")


@rule(
    "vector-ignores-done",
    "info",
    needs=(field("done"), loss("vec_dqn")),
    shows="Transitions that end an episode, or lead from an end on.",
    why="What comes after the end has a say in the value of what came before.",
    fix="Know it; where it matters, cut sequences before the ends.",
)
def vector_ignores_done(case: Case) -> Iterator[RawFinding]:
    """Vector DQN goes on across the end of an episode.

    The vector loss has no discount and reads no done code: a terminal transition is pulled towards the greedy vector of
    the state after the end.
    """
    end = case.episodes.end
    crossing = end[:, 1:] | case.episodes.no_transition
    count = int(crossing.sum())
    if count:
        message = (
            f"{counted(count, 'transition')} ({percent(share(crossing))}) cross the end of an episode (threshold 0)."
        )
        yield RawFinding(message=message, measured=count, threshold=0, mask=crossing, loss="vec_dqn")
