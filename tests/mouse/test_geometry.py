import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from mouse import geometry
from mouse.errors import BatchError
from mouse.geometry import cosine_similarity, rope_rotate, signed_angles, vec_dqn_scores
from tests.mouse.reference import rows
from tests.mouse.reference_geometry import naive_angle, naive_rotate, naive_scores

seeds = st.integers(0, 2**32 - 1)
dims = st.sampled_from([2, 4, 8])
angles = st.floats(-10, 10)


def vectors(seed: int, actions: int, dim: int, count: int = 3) -> Tensor:
    return torch.randn(count, actions, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def turn(x: Tensor, theta: float) -> Tensor:
    return rope_rotate(x, torch.full(x.shape[:-1], theta, dtype=x.dtype))


def directions(*degrees: float) -> Tensor:
    radians = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    return torch.stack((radians.cos(), radians.sin()), dim=-1)


def test_a_quarter_turn_by_hand() -> None:
    # cos = 0, sin = 1: (x, y) -> (-y, x) in each pair.
    found = turn(torch.tensor([1.0, 2.0, 3.0, -4.0], dtype=torch.float64), math.pi / 2)
    assert_close(found, torch.tensor([-2.0, 1.0, 4.0, 3.0], dtype=torch.float64))


@given(seeds, dims, angles)
def test_rotation_is_that_of_the_reference(seed: int, dim: int, theta: float) -> None:
    x = vectors(seed, 1, dim, count=1)
    assert_close(turn(x, theta)[0, 0].tolist(), naive_rotate(rows(x[0])[0], theta))


@given(seeds, dims, angles, angles)
def test_rotations_add_up_and_keep_lengths(seed: int, dim: int, first: float, second: float) -> None:
    x = vectors(seed, 3, dim)
    assert_close(turn(turn(x, first), second), turn(x, first + second))
    assert_close(turn(x, first).norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(turn(x, 0.0), x)


@given(seeds, st.integers(1, 6), dims)
def test_angles_and_scores_are_those_of_the_reference(seed: int, actions: int, dim: int) -> None:
    v = vectors(seed, actions, dim, count=1)
    listed = rows(v[0])
    expected = [[naive_angle(leader, other) for other in listed] for leader in listed]
    assert_close(rows(signed_angles(v)[0]), expected)
    assert_close(vec_dqn_scores(v)[0].tolist(), naive_scores(listed))


@given(seeds, st.integers(1, 6), dims, angles)
def test_turning_all_vectors_keeps_angles_and_scores(seed: int, actions: int, dim: int, theta: float) -> None:
    v = vectors(seed, actions, dim)
    assert_close(signed_angles(turn(v, theta)), signed_angles(v))
    assert_close(vec_dqn_scores(turn(v, theta)), vec_dqn_scores(v))


@given(seeds, st.integers(1, 6), dims, st.floats(1e-6, 1e6))
def test_lengths_do_not_matter(seed: int, actions: int, dim: int, factor: float) -> None:
    v = vectors(seed, actions, dim)
    assert_close(vec_dqn_scores(v * factor), vec_dqn_scores(v))


@given(seeds, st.integers(1, 6), dims)
def test_scores_are_row_sums_of_antisymmetric_angles(seed: int, actions: int, dim: int) -> None:
    v = vectors(seed, actions, dim)
    lead = signed_angles(v)
    assert_close(vec_dqn_scores(v), lead.sum(dim=-1))
    assert_close(lead, -lead.mT)
    assert_close(vec_dqn_scores(v).sum(dim=-1), torch.zeros(3, dtype=torch.float64))
    assert (lead.diagonal(dim1=-2, dim2=-1) == 0).all()
    assert (lead.abs() <= math.pi).all()


@given(seeds, st.integers(1, 6), dims)
def test_order_of_actions_only_permutes_the_scores(seed: int, actions: int, dim: int) -> None:
    v = vectors(seed, actions, dim)
    order = torch.randperm(actions, generator=torch.Generator().manual_seed(seed))
    assert_close(vec_dqn_scores(v[:, order]), vec_dqn_scores(v)[:, order])


@given(seeds, dims)
def test_gradients_agree_with_finite_differences(seed: int, dim: int) -> None:
    v = vectors(seed, 3, dim, count=1).requires_grad_()
    theta = torch.tensor([[0.1, -2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(vec_dqn_scores, v, fast_mode=True)
    assert torch.autograd.gradcheck(signed_angles, v, fast_mode=True)
    assert torch.autograd.gradcheck(rope_rotate, (v, theta), fast_mode=True)


def test_scores_by_hand() -> None:
    # Directions 0, 90 and 30 degrees. 90 leads by 90 + 60, 30 by 30 - 60, 0 by -90 - 30.
    found = vec_dqn_scores(directions(0, 90, 30)).rad2deg()
    assert_close(found, torch.tensor([-120.0, 150.0, -30.0], dtype=torch.float64))


def test_the_lead_wraps_at_half_a_turn() -> None:
    # -170 degrees is 20 degrees ahead of 170, not 340 behind it.
    found = signed_angles(directions(170, -170)).rad2deg()
    assert_close(found, torch.tensor([[0.0, -20.0], [20.0, 0.0]], dtype=torch.float64))


@pytest.mark.parametrize("degrees", [(0, 180), (90, -90), (45, -135)])
def test_exactly_opposite_directions_of_a_plane_each_lead_by_half_a_turn(degrees: tuple[float, float]) -> None:
    # The range is (-pi, pi]: -pi is written as pi.
    v = directions(*degrees)
    assert_close(vec_dqn_scores(v), torch.full((2,), math.pi, dtype=torch.float64))
    assert_close(signed_angles(v).sum(dim=-1), vec_dqn_scores(v))


def test_inner_products_sum_over_the_planes_above_two_dimensions() -> None:
    # In the first plane the leader is 90 degrees ahead, in the second 0: cross = 1/2, inner = 1/2, atan2 = 45 degrees.
    v = torch.cat((directions(0, 90), directions(0, 0)), dim=-1)
    assert_close(vec_dqn_scores(v).rad2deg(), torch.tensor([-45.0, 45.0], dtype=torch.float64))


@pytest.mark.parametrize("dim", [2, 4])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_zero_vector_leads_and_is_led_by_zero(dim: int, zero: float) -> None:
    v = vectors(0, 3, dim)
    without = vec_dqn_scores(v[:, :2])
    v[:, 2] = zero
    assert_close(vec_dqn_scores(v)[:, :2], without)
    assert (vec_dqn_scores(v)[:, 2] == 0).all()
    assert (signed_angles(v)[:, 2] == 0).all()


@pytest.mark.parametrize("dim", [2, 4])
def test_equal_vectors_have_score_zero_up_to_rounding(dim: int) -> None:
    v = vectors(0, 1, dim).expand(3, 5, dim)
    assert_close(vec_dqn_scores(v), torch.zeros(3, 5, dtype=torch.float64))


@pytest.mark.parametrize("dim", [2, 4])
@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (0,), (2, 3, 2)])
def test_any_number_of_leading_dimensions(dim: int, shape: tuple[int, ...]) -> None:
    v = torch.randn(*shape, 5, dim)
    assert vec_dqn_scores(v).shape == (*shape, 5)
    assert signed_angles(v).shape == (*shape, 5, 5)
    one_by_one = [vec_dqn_scores(row) for row in v.reshape(-1, 5, dim)]
    assert_close(vec_dqn_scores(v).reshape(-1, 5), torch.stack(one_by_one) if one_by_one else torch.zeros(0, 5))


@pytest.mark.parametrize("dim", [2, 4])
def test_vectors_may_lie_anyhow_in_memory(dim: int) -> None:
    v = torch.randn(dim, 5, 7).permute(2, 1, 0)
    assert_close(vec_dqn_scores(v), vec_dqn_scores(v.contiguous()))
    v = torch.randn(9, 7, 2 * dim)[::2, 1:, ::2]
    assert_close(vec_dqn_scores(v), vec_dqn_scores(v.contiguous()))


@pytest.mark.parametrize("dim", [2, 4])
def test_blocks_give_what_the_whole_gives(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    v = vectors(0, 3, dim, count=11).requires_grad_()
    whole = vec_dqn_scores(v)
    monkeypatch.setattr(geometry, "ENTRIES_PER_BLOCK", 2 * 3 * 3)
    blocks = vec_dqn_scores(v)
    assert torch.equal(blocks, whole)
    weights = torch.randn_like(whole)
    assert_close(torch.autograd.grad(blocks, v, weights)[0], torch.autograd.grad(whole, v, weights)[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("dim", [2, 4])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype, dim: int) -> None:
    v = vectors(0, 6, dim).to(dtype)
    assert torch.equal(vec_dqn_scores(v), vec_dqn_scores(v.float()))
    assert torch.equal(signed_angles(v), signed_angles(v.float()))
    assert vec_dqn_scores(v).dtype == torch.float32


@pytest.mark.parametrize("dim", [0, 1, 3])
def test_an_odd_number_of_components_is_rejected(dim: int) -> None:
    v = torch.zeros(2, 3, dim)
    for function in (vec_dqn_scores, signed_angles):
        with pytest.raises(BatchError, match=rf"^v: found D = {dim}, expected an even D of at least 2; "):
            function(v)
    with pytest.raises(BatchError, match=rf"^x: found D = {dim}, expected an even D of at least 2; "):
        rope_rotate(v, torch.zeros(2, 3))


@pytest.mark.parametrize("dim", [1, 2, 4, 5, 8])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_cosine_is_torchs_own(dim: int, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(dim)
    a, b = (torch.randn(7, 9, dim, generator=generator, dtype=torch.float64).to(dtype) for _ in range(2))
    a[0, 0] = 0
    expected = torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=-1)
    assert cosine_similarity(a, b).dtype == dtype
    torch.testing.assert_close(cosine_similarity(a, b).double(), expected, rtol=0, atol=4 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dim", [2, 6])
def test_the_cosine_of_a_zero_vector_is_zero_and_pulls_nowhere_to_infinity(dim: int) -> None:
    a, b = torch.zeros(3, dim, requires_grad=True), torch.ones(3, dim)
    cosine = cosine_similarity(a, b)
    cosine.sum().backward()
    assert cosine.tolist() == [0, 0, 0]
    assert a.grad is not None
    assert bool(a.grad.isfinite().all())


@pytest.mark.parametrize("dim", [2, 6])
def test_a_vector_that_is_not_finite_has_no_cosine(dim: int) -> None:
    for number in (torch.nan, torch.inf):
        a = torch.ones(2, dim)
        a[1, 0] = number
        assert cosine_similarity(a, torch.ones(2, dim)).isnan().tolist() == [False, True]
