"""Rotations and angles between action vectors, the geometry of vector DQN."""

import math
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from mouse.errors import BatchError

FEW_DIMENSIONS = 4
SHORTEST = 1e-8
"""Length below which a vector counts as having no direction, as in torch."""
ENTRIES_PER_BLOCK = 1 << 19
"""Entries of a temporary worked on at a time on a CPU: a larger one leaves the cache and costs up to ten times more."""


def rope_rotate(x: Float[Tensor, "*batch dim"], theta: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch dim"]:
    """Turn each consecutive pair of the last dimension by the same angle.

    Formula: ``(x_2k, x_2k+1) -> (x_2k cos - x_2k+1 sin, x_2k sin + x_2k+1 cos)``.

    Computed in float32 or wider: half precision would lose the angle.

    Shapes: ``x`` [..., D] with D even, ``theta`` [...] in radians; result [..., D].

    Raises:
        BatchError: D is odd.

    References:
        Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021.
    """
    check_even(x.shape[-1], "x")
    dtype = torch.promote_types(x.dtype, theta.dtype)
    wide = torch.promote_types(dtype, torch.float32)
    pairs = torch.complex(x[..., 0::2].to(wide), x[..., 1::2].to(wide))  # one product where real numbers need six
    turn = torch.complex(theta.to(wide).cos(), theta.to(wide).sin()).unsqueeze(-1)
    return torch.view_as_real(pairs * turn).flatten(-2).to(dtype)


def cosine_similarity(a: Float[Tensor, "*batch dim"], b: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch"]:
    """Cosine of the angle between two vectors.

    Formula: ``<a, b> / (max(|a|, 1e-8) max(|b|, 1e-8))``, which makes it 0 for a zero vector.

    Computed in float32 or wider; of few dimensions one by one, which is several times faster than a reduction.

    Shapes: ``a``, ``b`` [..., D]; result [...], from -1 to 1 up to rounding.
    """
    dtype = torch.promote_types(a.dtype, b.dtype)
    wide = torch.promote_types(dtype, torch.float32)
    a, b = a.to(wide), b.to(wide)
    if a.shape[-1] > FEW_DIMENSIONS:
        return torch.nn.functional.cosine_similarity(a, b, dim=-1, eps=SHORTEST).to(dtype)
    squares = (_dot(v, v).clamp_min(SHORTEST**2) for v in (a, b))  # before the root, whose slope at 0 is infinite
    length_a, length_b = (square.sqrt() for square in squares)
    return (_dot(a, b) / (length_a * length_b)).to(dtype)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    (first, *others) = zip(a.unbind(-1), b.unbind(-1), strict=True)
    total = first[0] * first[1]
    for x, y in others:
        total = torch.addcmul(total, x, y)
    return total


def signed_angles(v: Float[Tensor, "*batch action dim"]) -> Float[Tensor, "*batch action action"]:
    """Signed angle by which action a leads action i, at [..., a, i].

    Formula: ``atan2(<rot90(u_i), u_a>, <u_i, u_a>)`` with unit vectors ``u``; exact for D = 2, where it is the
    difference of two absolute angles wrapped to (-pi, pi]; above, the inner products sum over the rotation planes. A
    zero vector has no direction: it leads by 0 and is led by 0; angles with a vector that is not finite are NaN.

    Shapes: ``v`` [..., A, D] with D even; result [..., A, A] in radians, antisymmetric unless two vectors of a plane
    are exactly opposite: there each leads by pi.

    Raises:
        BatchError: D is odd.
    """
    rows = _rows(v)
    angles = _plane_angles(rows) if v.shape[-1] == 2 else _pair_angles(rows)
    return angles.reshape(*v.shape[:-1], v.shape[-2])


def vec_dqn_scores(v: Float[Tensor, "*batch action dim"]) -> Float[Tensor, "*batch action"]:
    """Sum the signed angles by which each action's vector leads the others; the greedy action has the largest sum.

    Formula: ``score(a) = sum_i atan2(<rot90(u_i), u_a>, <u_i, u_a>)``, the row sums of `signed_angles`.

    Shapes: ``v`` [..., A, D] with D even; result [..., A] in radians, within (A - 1) pi of zero.

    Raises:
        BatchError: D is odd.
    """
    actions = v.shape[-2]
    if v.shape[-1] == 2:
        return _in_blocks(_plane_scores, _rows(v), entries=actions**2).reshape(v.shape[:-1])
    return _in_blocks(_pair_scores, _rows(v), entries=actions * v.shape[-1]).reshape(v.shape[:-1])


def check_even(dim: int, field: str) -> None:
    """Reject an odd number of components: a rotation turns pairs."""
    if dim < 2 or dim % 2:
        raise BatchError(
            field, f"D = {dim}", "an even D of at least 2", "give the vector head an even number of components"
        )


def _rows(v: Float[Tensor, "*batch action dim"]) -> Float[Tensor, "row action dim"]:
    """One row per set of actions, at least in float32: half precision would lose the order of sums of angles."""
    check_even(v.shape[-1], "v")
    rows: Tensor = v.flatten(0, -3) if v.dim() > 2 else v.unsqueeze(0)
    return rows.to(torch.promote_types(v.dtype, torch.float32))


def _in_blocks(scores: Callable[[Tensor], Tensor], rows: Tensor, entries: int) -> Tensor:
    """Apply to blocks of rows that fit the cache on a CPU, and at once elsewhere or where a graph is recorded.

    `entries` is what a row needs in the largest temporaries.
    """
    size = max(1, ENTRIES_PER_BLOCK // entries)
    if rows.shape[0] <= size or rows.device.type != "cpu" or torch.compiler.is_compiling():
        return scores(rows)
    return torch.cat([scores(block) for block in torch.split(rows, size)])


def _plane_directions(
    v: Float[Tensor, "row action 2"],
) -> tuple[Float[Tensor, "action row"], Float[Tensor, "action row"]]:
    """Direction of each vector in turns, in (-1/2, 1/2], and 1 where it has one.

    A zero vector gets 0 and 0, one that is not finite NaN and 1: atan2 would give an infinite vector an angle, but its
    unit vector, of which the formula speaks, does not exist. Rows go last, which makes the inner loops long.
    """
    x, y = v.permute(2, 1, 0).contiguous().unbind()
    present = ((x != 0) | (y != 0)).to(v.dtype)
    not_finite = (x - x) + (y - y)  # NaN there, else 0
    turns = (torch.atan2(y, x) / math.tau + not_finite) * present
    return turns - (turns - 0.5).ceil(), present


def _full_turns(leader: Tensor, other: Tensor) -> Tensor:
    """Whole turns in ``leader - other``: what to take off so that the lead lies in (-1/2, 1/2]; has no gradient."""
    return ((leader.detach() - 0.5).unsqueeze(1) - other.detach().unsqueeze(0)).ceil_()


def _plane_angles(v: Float[Tensor, "row action 2"]) -> Float[Tensor, "row action action"]:
    """Differences of absolute angles, wrapped."""
    turns, present = _plane_directions(v)
    lead = turns.unsqueeze(1) - turns.unsqueeze(0) - _full_turns(turns, turns)
    return (math.tau * lead * present.unsqueeze(1) * present.unsqueeze(0)).permute(2, 0, 1)


def _plane_scores(v: Float[Tensor, "row action 2"]) -> Float[Tensor, "row action"]:
    """Row sums of `_plane_angles`: only the full turns depend on pairs, and a zero vector, at 0, takes part in none."""
    turns, present = _plane_directions(v)
    lead = present.sum(dim=0) * turns - turns.sum(dim=0) - _full_turns(turns, turns).sum(dim=1)
    return (math.tau * lead * present).T


def _pair_leads(v: Float[Tensor, "row action dim"]) -> Iterator[tuple[int, Float[Tensor, "pair row"]]]:
    """Angle by which action i + k leads action i, for each k from 1 on; the other half of the pairs is its negative."""
    u = torch.nn.functional.normalize(v, dim=-1).permute(2, 1, 0).contiguous()
    quarter = torch.stack((-u[1::2], u[0::2]), dim=1).flatten(0, 1)
    actions = v.shape[-2]
    for k in range(1, actions):
        leader, other = u[:, k:], slice(actions - k)
        cross, inner = (leader * quarter[:, other]).sum(dim=0), (leader * u[:, other]).sum(dim=0)
        yield k, torch.atan2(cross, inner)


def _pair_angles(v: Float[Tensor, "row action dim"]) -> Float[Tensor, "row action action"]:
    """Angles of all pairs, from those of half of them."""
    angles = v.new_zeros(*v.shape[:-1], v.shape[-2])
    for k, lead in _pair_leads(v):
        angles.diagonal(-k, dim1=-2, dim2=-1).copy_(lead.T)
    return angles - angles.mT


def _pair_scores(v: Float[Tensor, "row action dim"]) -> Float[Tensor, "row action"]:
    """Row sums of `_pair_angles`, without holding the pairs."""
    scores = v.new_zeros(v.shape[-2], v.shape[0])
    for k, lead in _pair_leads(v):
        scores[k:] += lead
        scores[:-k] -= lead
    return scores.T
