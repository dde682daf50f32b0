"""Pairs of rows between which the observation jumps: no step of the same world leads from one to the other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mouse.evidence.agreement import codes, paired
from mouse.evidence.dynamics import MAX_NUMBERS, OUTLIER, columns_of, features, sizes

MIN_PAIRS = 64
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


def jumps(obs: Tensor, action: Tensor, ordinary: Tensor, pairs: Tensor, *, by_model: bool = True) -> Jumps | None:
    """Judge pairs of rows by what ordinary ones do; None where the data cannot be judged so.

    An observation that comes again is compared with what followed it before, by the same action; numbers that do not
    come again by a linear model of their change, unless equality alone is to judge.

    Shapes: obs [B, S, *shape], action [B, S-1] of the step from row t to row t+1, ordinary and pairs bool [B, S-1].
    """
    finite = obs.isfinite().flatten(2).all(dim=2) if obs.dim() > 2 else obs.isfinite()
    here = ((ordinary | pairs) & finite[:, :-1] & finite[:, 1:]).flatten().nonzero().flatten()
    usual = ordinary.flatten()[here]
    if int(usual.sum()) < MIN_PAIRS:
        return None
    now, after = (half.flatten(0, 1)[here] for half in (obs[:, :-1], obs[:, 1:]))
    acted = action.flatten()[here]
    found = _by_equality(paired(codes(now), codes(acted)), codes(after), usual)
    measured = None
    if found is None and by_model and now.is_floating_point() and now[0].numel() <= MAX_NUMBERS:
        measured = _by_model(now.flatten(1), after.flatten(1), acted, usual)
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
    step = paired(group, after)
    same = torch.bincount(step[usual], minlength=int(step.max()) + 1)[step] - usual.long()
    judged = alike >= KNOWN
    return (judged, judged & (same == 0)) if float(judged[usual].double().mean()) >= JUDGED else None


def _by_model(now: Tensor, after: Tensor, action: Tensor, usual: Tensor) -> Tensor | None:
    """Residual of the change in medians; None where actions are too many to tell apart."""
    columns = columns_of(action)
    if columns is None:
        return None
    change = after.double() - now.double()
    spread = change[usual].abs().mean(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
    return sizes(features(now, columns), change / spread, usual)[0]
