import math

from tensordict import TensorDictBase

from mouse.losses.sv import SvLossConfig
from tests.mouse.reference import Cube, Reference, cube


def naive_sv(step_stream: TensorDictBase, out: TensorDictBase, cfg: SvLossConfig) -> Reference:
    q_star, sv = cube(step_stream["q_star"]), cube(out["sv"])
    valid = [[[value != -math.inf for value in step] for step in row] for row in q_star]
    count = sum(entry for row in valid for step in row for entry in step)
    residual: Cube = [
        [
            [prediction - optimal if optimal != -math.inf else 0.0 for prediction, optimal in zip(*step, strict=True)]
            for step in zip(*row, strict=True)
        ]
        for row in zip(sv, q_star, strict=True)
    ]
    squared = cfg.loss_type == "mse"
    entry_loss = [[[entry**2 if squared else abs(entry) for entry in step] for step in row] for row in residual]
    loss = [[sum(step) for step in row] for row in entry_loss]
    total = sum(sum(row) for row in loss) / count
    gradient = [
        [[(2 * entry if squared else (entry > 0) - (entry < 0)) / count for entry in step] for step in row]
        for row in residual
    ]
    terms: dict[str, object] = {
        "valid": valid,
        "entries": [[sum(step) for step in row] for row in valid],
        "residual": residual,
        "entry_loss": entry_loss,
        "loss": loss,
    }
    return Reference(terms, total, {"sv_loss": total}, gradient)
