import math
from typing import Any

from tensordict import TensorDictBase

from mouse.losses.sp import SpLossConfig
from tests.mouse.reference import Reference, cube, softmax

NEVER = -math.inf
"""Logarithm of probability zero; mouse keeps a hugely negative finite number there."""


def naive_sp(step_stream: TensorDictBase, out: TensorDictBase, cfg: SpLossConfig) -> Reference:
    q_star, logits = cube(step_stream["q_star"]), cube(out["sp"])
    steps = [
        [_step(values, raw, cfg) for values, raw in zip(*rows, strict=True)]
        for rows in zip(q_star, logits, strict=True)
    ]
    counted = sum(step["counted"] for row in steps for step in row)
    loss = sum(step["loss"] for row in steps for step in row) / counted
    slopes = [[[slope / counted for slope in step.pop("slope")] for step in row] for row in steps]
    terms: dict[str, object] = {name: [[step[name] for step in row] for row in steps] for name in steps[0][0]}
    return Reference(terms, loss, {"sp_loss": loss}, slopes)


def _step(q_star: list[float], logits: list[float], cfg: SpLossConfig) -> dict[str, Any]:
    """One state, in probabilities over its valid actions only; everything else is 0 by definition."""
    valid = [a for a, value in enumerate(q_star) if value != -math.inf]
    teacher, log_teacher = _teacher([q_star[a] for a in valid], cfg)
    highest = max((logits[a] for a in valid), default=0.0)
    total = math.log(sum(math.exp(logits[a] - highest) for a in valid)) if valid else 0.0
    log_student = [logits[a] - highest - total for a in valid]
    student = [math.exp(value) for value in log_student]
    distributions = zip(teacher, log_teacher, student, log_student, strict=True)
    parts = [_part(cfg.loss_type, *action) for action in distributions]
    pull = sum(q * slope for q, (_, slope) in zip(student, parts, strict=True))
    step = {
        "valid": [1.0] * len(valid),
        "log_teacher": log_teacher,
        "teacher": teacher,
        "log_student": log_student,
        "student": student,
        "divergence": [part for part, _ in parts],
        "slope": [q * (slope - pull) for q, (_, slope) in zip(student, parts, strict=True)],
    }
    spread: dict[str, Any] = {
        name: _spread(values, valid, len(q_star), NEVER if name.startswith("log") else 0.0)
        for name, values in step.items()
    }
    return {**spread, "counted": bool(valid), "loss": sum(part for part, _ in parts)}


def _teacher(q_star: list[float], cfg: SpLossConfig) -> tuple[list[float], list[float]]:
    if not q_star:
        return [], []
    e, share = cfg.label_smoothing, cfg.label_smoothing / len(q_star)
    highest = max(q_star)
    if cfg.loss_type == "ce":
        best = q_star.index(highest)
        p = [(1 - e) * (a == best) + share for a in range(len(q_star))]
        return p, [math.log(value) if value else NEVER for value in p]
    p = [(1 - e) * value + share for value in softmax([value / cfg.temperature for value in q_star])]
    total = math.log(sum(math.exp((value - highest) / cfg.temperature) for value in q_star))
    # Without smoothing the logarithm is taken before the exponential can underflow.
    log_p = [math.log(value) for value in p] if e else [(value - highest) / cfg.temperature - total for value in q_star]
    return p, log_p


def _part(kind: str, p: float, log_p: float, q: float, log_q: float) -> tuple[float, float]:
    """What one action adds to the divergence, and the derivative of that by q."""
    log_m = math.log((p + q) / 2) if p + q else 0.0
    match kind:
        case "ce" | "ce-soft-fwd":
            return -p * log_q, -p / q
        case "ce-soft-bwd":
            return -q * log_p, -log_p
        case "kl-fwd":
            return p * (log_p - log_q), -p / q
        case "kl-bwd":
            return q * (log_q - log_p), log_q - log_p + 1
        case _:
            forward = p * (log_p - log_m) if p else 0.0
            return 0.5 * forward + 0.5 * q * (log_q - log_m), 0.5 * (log_q - log_m)


def _spread(values: list[float], places: list[int], size: int, otherwise: float) -> list[float]:
    spread = [otherwise] * size
    for place, value in zip(places, values, strict=True):
        spread[place] = value
    return spread
