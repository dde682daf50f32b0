"""Detect jumps of the observation between two rows: no step of the environment leads from one to the other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mouse.evidence.agreement import codes, pair_codes
from mouse.evidence.dynamics import MAX_NUMBERS, OUTLIER, Features, Fit, columns_of
from mouse.evidence.sampling import blocks, row_numbers, sample

MIN_PAIRS = 64
FITTED_PAIRS = 1 << 16
"""That a model of the change is fitted to at most."""
FAR = 100.0
"""Size of a jump into another episode, in residuals of ordinary steps; a contact may be as large."""
KNOWN = 2
"""Other steps from the same observation by the same action that a step is compared with at least."""
JUDGED = 0.5
"""Share of ordinary steps that can be judged at least where observations come again."""


@dataclass(frozen=True)
class Jumps:
    """Which pairs of rows could be judged, and between which of them the observation jumps."""

    judged: Tensor
    """bool, of the shape of the pairs."""
    jumped: Tensor
    """bool, of the same shape; never where not judged."""
    usual: float
    """Share of the ordinary steps that jump: that of a world that is random, or of ends that nothing marks."""
    sizes: Tensor | None
    """What the model leaves in medians of it; None where observations are compared by equality."""


def jumps(obs: Tensor, action: Tensor, ordinary: Tensor, pairs: Tensor) -> Jumps | None:
    """Compare pairs of rows with ordinary ones; None if the data do not allow that.

    An observation that comes again is compared with what followed it before, by the same action; numbers that do not
    come again by a linear model of their change.

    Shapes: obs [B, S, *shape], action [B, S-1] of the step from row t to row t+1, ordinary and pairs bool [B, S-1].
    """
    rows = row_numbers(obs.flatten(0, 1))
    finite = torch.cat([block.isfinite().all(dim=1) for block in blocks(rows)]).view(obs.shape[:2])
    here = ((ordinary | pairs) & finite[:, :-1] & finite[:, 1:]).flatten().nonzero().flatten()
    usual = ordinary.flatten()[here]
    if int(usual.sum()) < MIN_PAIRS:
        return None
    acted, before = action.flatten()[here], here + here // ordinary.shape[1]
    number = codes(rows)
    found = _by_equality(pair_codes(number[before], codes(acted)), number[before + 1], usual)
    measured = None
    if found is None and rows.is_floating_point() and rows.shape[1] <= MAX_NUMBERS:
        measured = _by_model(rows, before, acted, usual)
        found = None if measured is None else (torch.ones_like(usual), measured > OUTLIER)
    if found is None:
        return None
    judged, jumped = (_spread(part, here, pairs) for part in found)
    share = float(found[1][usual].double().mean())
    return Jumps(judged & pairs, jumped & pairs, share, None if measured is None else _spread(measured, here, pairs))


def _spread(values: Tensor, here: Tensor, pairs: Tensor) -> Tensor:
    whole = torch.zeros(pairs.numel(), dtype=values.dtype, device=values.device)
    whole[here] = values
    return whole.view(pairs.shape)


def _by_equality(group: Tensor, after: Tensor, usual: Tensor) -> tuple[Tensor, Tensor] | None:
    """Whether each step was seen before, among the other ordinary ones; None where too few come again."""
    alike = torch.bincount(group[usual], minlength=int(group.max()) + 1)[group] - usual.long()
    step = pair_codes(group, after)
    same = torch.bincount(step[usual], minlength=int(step.max()) + 1)[step] - usual.long()
    judged = alike >= KNOWN
    return (judged, judged & (same == 0)) if float(judged[usual].double().mean()) >= JUDGED else None


def _by_model(rows: Tensor, before: Tensor, action: Tensor, usual: Tensor) -> Tensor | None:
    """Residual of the change in medians; None where actions are too many to tell apart.

    Fitted to a part of many pairs, and told of all of them, some at a time.
    """
    columns = columns_of(action)
    if columns is None:
        return None
    seen = sample(torch.arange(len(before), device=before.device), FITTED_PAIRS)
    now, change = _steps(rows, before[seen])
    spread = change[usual[seen]].abs().mean(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
    features = Features.of(now, columns[seen])
    fit = Fit.of(features(now, columns[seen]), change / spread, usual[seen])
    measured: list[Tensor] = []
    for here, acted in zip(blocks(before), blocks(columns), strict=True):
        now, change = _steps(rows, here)
        measured.append(fit.sizes(features(now, acted), change / spread))
    return torch.cat(measured)


def _steps(rows: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Observations of some rows, and how they change to the next row."""
    now = rows[before]
    return now, rows[before + 1].double() - now.double()
