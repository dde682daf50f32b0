import math
from typing import Any, cast

from tensordict import TensorDictBase

from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.reference import Reference, after_first, flat, mean, rows
from tests.mouse.reference_geometry import Vector, length, naive_cosine, naive_rotate, naive_scores
from tests.mouse.reference_reward import naive_rewards


def naive_vec_dqn(step_stream: TensorDictBase, out: TensorDictBase, cfg: VecDqnLossConfig) -> Reference:
    online = cast("list[list[list[Vector]]]", out["vec_dqn"].tolist())
    target = cast("list[list[list[Vector]]]", out["vec_dqn_target"].tolist())
    action = step_stream["action"].tolist()
    batch, steps, actions, dim = len(online), len(online[0]), len(online[0][0]), len(online[0][0][0])
    raw, normalized, theta = naive_rewards(rows(step_stream["reward"]), rows(step_stream["xformed_reward"]), cfg)
    weights = after_first(step_stream, "importance_weight")
    terms: dict[str, Any] = {
        "importance_weight": weights,
        "reward_raw": raw,
        "reward_normalized": normalized,
        "theta": theta,
    }
    gradient = [[[[0.0] * dim for _ in range(actions)] for _ in range(steps)] for _ in range(batch)]
    for b in range(batch):
        columns: dict[str, list[Any]] = {}
        for t in range(steps - 1):
            values = _transition(theta[b][t], online[b][t], target[b][t + 1], action[b][t + 1])
            weight = 1.0 if weights is None else weights[b][t]
            values["loss"] *= weight
            gradient[b][t][action[b][t + 1]] = [
                weight * part / (batch * (steps - 1)) for part in _slope(values["v_taken"], values["v_rotated"])
            ]
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
        for name, column in columns.items():
            terms.setdefault(name, []).append(column)
    loss = mean(flat(terms["loss"]))
    return Reference(terms, loss, _metrics(online, loss), gradient)


def _transition(theta: float, online: list[Vector], target: list[Vector], action: int) -> dict[str, Any]:
    scores = naive_scores(target)
    greedy = scores.index(max(scores))
    rotated = naive_rotate(target[greedy], theta)
    cosine = naive_cosine(online[action], rotated)
    return {
        "action": action,
        "v_taken": online[action],
        "scores": scores,
        "greedy_action": greedy,
        "v_greedy": target[greedy],
        "v_rotated": rotated,
        "cosine": cosine,
        "loss": 1 - cosine,
    }


def _slope(v: Vector, goal: Vector) -> Vector:
    """Derivative of 1 - cos(v, goal) with respect to v: the part of the goal's direction that v lacks, over |v|."""
    cosine = naive_cosine(v, goal)
    return [
        (cosine * part / length(v) - wanted / length(goal)) / length(v) for part, wanted in zip(v, goal, strict=True)
    ]


def _metrics(online: list[list[list[Vector]]], loss: float) -> dict[str, float]:
    spread = [abs(score) / math.pi for row in online for score in naive_scores(row[-1])]
    return {
        "vec_dqn_loss": loss,
        "vec_dqn_score_abs_min": min(spread),
        "vec_dqn_score_abs_max": max(spread),
        "vec_dqn_score_abs_mean": mean(spread),
    }
