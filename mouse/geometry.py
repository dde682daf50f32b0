"""Rotations and angles between action vectors, the geometry of vector DQN."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from mouse.errors import BatchError

ROWS_PER_BLOCK = 1 << 20
"""Pair entries worked on at a time on a CPU: temporaries larger than the cache cost two to three times the work."""


def rope_rotate(x: Float[Tensor, "*batch dim"], theta: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch dim"]:
    """Turn each consecutive pair of the last dimension by the same angle.

    Formula: ``(x_2k, x_2k+1) -> (x_2k cos - x_2k+1 sin, x_2k sin + x_2k+1 cos)``.

    Shapes: ``x`` [..., D] with D even, ``theta`` [...] in radians; result [..., D].

    Raises:
        BatchError: D is odd.

    References:
        Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021.
    """
    check_even(x.shape[-1], "x")
    first, second = x[..., 0::2], x[..., 1::2]
    cos, sin = theta.cos().unsqueeze(-1), theta.sin().unsqueeze(-1)
    return torch.stack((first * cos - second * sin, first * sin + second * cos), dim=-1).flatten(-2)


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
    v = _at_least_float32(v)
    if v.shape[-1] == 2:
        angle, present = _plane_angles(v)
        lead = angle.unsqueeze(-1) - angle.unsqueeze(-2)
        lead = lead - math.tau * ((lead > math.pi).to(lead) - (lead <= -math.pi).to(lead))
        return lead * (present.unsqueeze(-1) * present.unsqueeze(-2))
    return _pair_angles(v)


def vec_dqn_scores(v: Float[Tensor, "*batch action dim"]) -> Float[Tensor, "*batch action"]:
    """Sum the signed angles by which each action's vector leads the others; the greedy action has the largest sum.

    Formula: ``score(a) = sum_i atan2(<rot90(u_i), u_a>, <u_i, u_a>)``, the row sums of `signed_angles`.

    Shapes: ``v`` [..., A, D] with D even; result [..., A] in radians, within (A - 1) pi of zero.

    Raises:
        BatchError: D is odd.
    """
    v = _at_least_float32(v)
    if v.shape[-1] == 2:
        return _in_blocks(_plane_scores, v)
    return _in_blocks(lambda block: _pair_angles(block).sum(dim=-1), v)


def check_even(dim: int, field: str) -> None:
    """Reject an odd number of components: a rotation turns pairs."""
    if dim < 2 or dim % 2:
        raise BatchError(
            field, f"D = {dim}", "an even D of at least 2", "give the vector head an even number of components"
        )


def _at_least_float32(v: Tensor) -> Tensor:
    """Half precision would lose the order of sums of angles."""
    check_even(v.shape[-1], "v")
    return v.to(torch.promote_types(v.dtype, torch.float32))


def _in_blocks(scores: Callable[[Tensor], Tensor], v: Tensor) -> Tensor:
    """Apply to blocks of rows that fit the cache on a CPU, and at once elsewhere or where a graph is recorded."""
    rows: Tensor = v.flatten(0, -3) if v.dim() > 2 else v.unsqueeze(0)
    size = max(1, ROWS_PER_BLOCK // v.shape[-2] ** 2)
    small = rows.shape[0] <= size or v.device.type != "cpu" or torch.compiler.is_compiling()
    result = scores(rows) if small else torch.cat([scores(block) for block in torch.split(rows, size)])
    return result.reshape(v.shape[:-1])


def _plane_angles(
    v: Float[Tensor, "*batch action 2"],
) -> tuple[Float[Tensor, "*batch action"], Float[Tensor, "*batch action"]]:
    """Absolute angle of each vector, NaN where it is not finite, and 0 where it is zero, 1 elsewhere.

    atan2 gives an infinite vector an angle, but its unit vector, of which the formula speaks, does not exist.
    """
    angle = torch.atan2(v[..., 1], v[..., 0]).masked_fill(v.isinf().any(dim=-1), torch.nan)
    return angle, (v != 0).any(dim=-1).to(v.dtype)


def _plane_scores(v: Float[Tensor, "rows action 2"]) -> Float[Tensor, "rows action"]:
    """Sum the wrapped differences of absolute angles in A log A instead of A^2.

    In sorted order the unwrapped differences sum to ``n angle - total``; each vector more than pi behind takes a full
    turn off, each one at least pi ahead adds one.
    """
    angle, present = _plane_angles(v)
    ordered, order = angle.sort(dim=-1)
    counted = torch.nn.functional.pad(present.gather(-1, order).cumsum(dim=-1), (1, 0))
    behind = counted.gather(-1, torch.searchsorted(ordered, angle - math.pi))
    ahead = counted[..., -1:] - counted.gather(-1, torch.searchsorted(ordered, angle + math.pi))
    total = (angle * present).sum(dim=-1, keepdim=True)
    return (counted[..., -1:] * angle - total - math.tau * (behind - ahead)) * present


def _pair_angles(v: Float[Tensor, "*batch action dim"]) -> Float[Tensor, "*batch action action"]:
    """Angles of the pairs a > i only; the other half is their negative."""
    with torch.autocast(v.device.type, enabled=False):  # inner products in the vectors' own precision
        u = torch.nn.functional.normalize(v, dim=-1)
        turned = torch.stack((-u[..., 1::2], u[..., 0::2]), dim=-1).flatten(-2)
        a, i = torch.tril_indices(u.shape[-2], u.shape[-2], offset=-1, device=v.device)
        inner = (u @ u.mT)[..., a, i]
        cross = (u @ turned.mT)[..., a, i]
    lower = torch.zeros(*u.shape[:-1], u.shape[-2], dtype=u.dtype, device=v.device)
    lower[..., a, i] = torch.atan2(cross, inner)
    return lower - lower.mT
