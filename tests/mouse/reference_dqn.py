import math
from typing import Any, cast

from tensordict import TensorDictBase

from mouse.losses.dqn import DqnLossConfig
from tests.mouse.reference import Cube, Reference, after_first, bessel_std, cube, flat, mean, rows, softmax
from tests.mouse.reference_reward import naive_rewards

DISCOUNT_OF_DONE = ("gamma", "gamma_terminal", "gamma_truncated")


def naive_dqn(step_stream: TensorDictBase, out: TensorDictBase, cfg: DqnLossConfig) -> Reference:
    done, action = (cast("list[list[int]]", step_stream[name].tolist()) for name in ("done", "action"))
    online, target = cube(out["dqn"]), cube(out["dqn_target"])
    batch, steps, actions = len(online), len(online[0]), len(online[0][0])
    raw, normalized, reward = naive_rewards(rows(step_stream["reward"]), rows(step_stream["xformed_reward"]), cfg)
    weights, gammas = (after_first(step_stream, name) for name in ("importance_weight", "gamma_n"))
    terms: dict[str, Any] = {
        "importance_weight": weights,
        "gamma_n": gammas,
        "reward_raw": raw,
        "reward_normalized": normalized,
        "reward": reward,
        "q": [row[:-1] for row in online],
        "q_next": [row[1:] for row in target],
    }
    gradient: Cube = [[[0.0] * actions for _ in range(steps)] for _ in range(batch)]
    count = batch * (steps - 1)
    for b in range(batch):
        columns: dict[str, list[float]] = {}
        for t in range(steps - 1):
            code, weight = done[b][t + 1], 1.0 if weights is None else weights[b][t]
            discount = float(getattr(cfg, DISCOUNT_OF_DONE[code]))
            if gammas is not None and code == 0:
                discount = gammas[b][t]
            values = _transition(reward[b][t], discount, action[b][t + 1], online[b][t], target[b][t + 1], cfg=cfg)
            values |= {"terminal": code == 1, "truncated": code == 2}
            for name in {"td_loss", "cql_loss", "loss"} & values.keys():
                values[name] *= weight
            for a, probability in enumerate(softmax(online[b][t])):
                taken = 1.0 if a == action[b][t + 1] else 0.0
                gradient[b][t][a] = weight * -2 * values["td_error"] * taken / count
                if cfg.cql_weight > 0:
                    gradient[b][t][a] += weight * cfg.cql_weight * values["cql_scale"] * (probability - taken) / count
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
        for name, column in columns.items():
            terms.setdefault(name, []).append(column)
    if not cfg.cql_weight > 0:
        terms |= {"cql_penalty": None, "cql_scale": None, "cql_loss": None}
    loss = mean(flat(terms["loss"]))
    return Reference(terms, loss, _metrics(terms, loss), gradient)


def _transition(
    reward: float, discount: float, action: int, q: list[float], q_next: list[float], *, cfg: DqnLossConfig
) -> dict[str, float]:
    best = max(q_next)
    bootstrap = discount * best if discount else 0.0
    td_target = reward + bootstrap
    td_error = td_target - q[action]
    values = {
        "action": action,
        "discount": discount,
        "q_taken": q[action],
        "q_next_max": best,
        "bootstrap": bootstrap,
        "td_target": td_target,
        "td_error": td_error,
        "td_loss": td_error**2,
        "loss": td_error**2,
    }
    if cfg.cql_weight > 0:
        highest = max(q)
        penalty = highest + math.log(sum(math.exp(value - highest) for value in q)) - q[action]
        scale = abs(td_target) + cfg.cql_scale_q_eps
        cql_loss = cfg.cql_weight * scale * penalty
        values |= {"cql_penalty": penalty, "cql_scale": scale, "cql_loss": cql_loss, "loss": td_error**2 + cql_loss}
    return values


def _metrics(terms: dict[str, Any], loss: float) -> dict[str, float]:
    taken = flat(terms["q_taken"])
    metrics = {
        "dqn_loss": loss,
        "q_values_mean": mean(taken),
        "q_values_std": bessel_std(taken) if len(taken) > 1 else math.nan,
        "q_values_min": min(taken),
        "q_values_max": max(taken),
        "q_values_target": mean(flat(terms["td_target"])),
    }
    if terms["cql_penalty"] is not None:
        metrics["cql_penalty"] = mean(flat(terms["cql_penalty"]))
    return metrics
