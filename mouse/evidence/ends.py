"""Find the alignment of episode ends: with the last state that is left, or with the state that is reached."""

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.agreement import codes
from mouse.evidence.dynamics import MAX_NUMBERS
from mouse.evidence.jumps import FAR, jumps
from mouse.evidence.sampling import row_numbers

MIN_ENDS = 3
CHANCE = 1e-3
"""Largest probability, under ordinary rows, of zeros in place of actions and rewards."""
AGAIN = 0.5
"""Share of deaths in states that are left elsewhere, from which on their rows show what is left."""
RANDOM = 0.02
"""Share of ordinary steps that jump, above which a jump tells no end."""
CLEAR = 0.9
"""Share of ends that stand in one row beside a jump, and nearly none in the others."""
NARROW = 0.25
"""First observations of episodes vary so much less than all do."""


def shows_next_state(
    obs: Tensor, action: Tensor, reward: Tensor | None, end: Bool[Tensor, " row"], terminal: Bool[Tensor, " row"]
) -> bool | None:
    """Whether the rows of ends show the state that is reached, which nothing leaves; None where nothing tells.

    Nothing is done there: zeros stand in place of an action and a reward, or those of the row before again. And a
    terminal state is never left: where observations come again, it stands in no other row.

    Shapes: obs [N, ...], action [N] or [N, A], reward [N], end and terminal [N]: the last rows, and those of deaths.

    Example:
        >>> end = torch.tensor([False, False, True] * 4)
        >>> shows_next_state(torch.tensor([0, 1, 9] * 4), torch.tensor([1, 2, 0] * 4), None, end, end)
        True
    """
    if int(end.sum()) < MIN_ENDS:
        return None
    held = [_placeholders(values, end) for values in (action, reward) if values is not None]
    if False in held or True not in held:
        return False if False in held else None
    number = codes(obs)
    rows = terminal if int(terminal.sum()) >= MIN_ENDS else end
    if 2 * int(number.max()) < len(number):
        again = float(torch.isin(number[rows], number[~end]).double().mean())
        return True if again < AGAIN else None
    return True


def _placeholders(values: Tensor, end: Bool[Tensor, " row"]) -> bool | None:
    """Whether rows hold zeros, or repeat the row before, in place of a value; None where others do so too."""
    wide = row_numbers(values)
    zero = (wide == 0).all(dim=1)
    same = torch.cat([zero[:1], (wide[1:] == wide[:-1]).all(dim=1)])
    found = [each for each in (zero, same) if bool(each[end].all())]
    if not found:
        return False
    usual = min(float(each[~end].double().mean()) for each in found)
    return True if usual ** int(end.sum()) < CHANCE else None


def end_lag(obs: Tensor, end: Bool[Tensor, " row"]) -> int | None:
    """Find the row of the end by where the next episode begins; None if undecided.

    Episodes begin alike. 0: the row after an end shows a first observation, and its own row does not: it stands with
    the state that is left, or a last row shows the state that is reached. 1: its own row does.

    Shapes: obs [N, ...], end [N]; the first row of all is taken to begin an episode.
    """
    place = end[:-1].nonzero().flatten()
    place = place[place > 0]
    if len(place) < MIN_ENDS:
        return None
    own, after = (_first_share(obs, rows) for rows in (place, place + 1))
    if own is None or after is None or own == after:
        return None
    return 0 if after > own else 1


def jump_lag(obs: Tensor, action: Tensor, end: Bool[Tensor, " row"], inside: Bool[Tensor, " pair"]) -> int | None:
    """Find the row of the end by where no step of the world leads on; None where the world is random, or nothing tells.

    0: the observation jumps behind its own row, or behind the next one, where that is the last of the episode: a vector
    environment stores it with an action that is not taken. 1: it jumps before its own row.

    Shapes: obs [N, ...], action [N-1] of the step to the next row, end [N], inside [N-1]: pairs of one sequence.
    """
    near = end[:-1] | end[1:]
    near[1:] |= end[:-2]
    found = jumps(obs.unsqueeze(0), action.unsqueeze(0), (inside & ~near).unsqueeze(0), inside.unsqueeze(0))
    if found is None or found.usual > RANDOM:
        return None
    jumped = found.jumped[0] if found.sizes is None else found.sizes[0] >= FAR  # a model may err at extremes
    place = end[1:-2].nonzero().flatten() + 1
    share: dict[int, float] = {}
    for lag, pair in ((1, place - 1), (0, place), (-1, place + 1)):
        seen = found.judged[0][pair]
        if int(seen.sum()) < MIN_ENDS:
            return None
        share[lag] = float(jumped[pair][seen].double().mean())
    clear = [lag for lag, each in share.items() if each >= CLEAR]
    if len(clear) != 1 or any(each > 1 - CLEAR for lag, each in share.items() if lag not in clear):
        return None
    return max(0, clear[0])


def _first_share(obs: Tensor, rows: Tensor) -> bool | None:
    """Whether rows show what an episode begins with."""
    if obs.is_floating_point() and obs[0].numel() <= MAX_NUMBERS and 2 * int(codes(obs).max()) >= len(obs):
        wide = row_numbers(obs.double())
        spread = wide.std(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
        away = ((wide[rows] - wide[0]) / spread).square().mean()
        return bool(away < NARROW)
    number = codes(obs)
    return bool((number[rows] == number[0]).double().mean() > 1 - NARROW)
