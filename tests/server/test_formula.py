"""A formula reads as mathematics, and with the numbers of a transition it is what Python computes."""

import math
from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.evaluate.formula import Value, latex_of
from mouse_dashboard.schema.requests import TransitionRequest
from tests.server.answers import transition_of
from tests.server.batches import random_batch


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("reward + bootstrap", r"\mathrm{reward} + \mathrm{bootstrap}"),
        ("a - (b + c)", "a - (b + c)"),
        ("a - b * c", r"a - b \cdot c"),
        ("(a + b) * c", r"(a + b) \cdot c"),
        ("a * -b", r"a \cdot (-b)"),
        ("-(a + b)", "-(a + b)"),
        ("-a ** 2", "-a^{2}"),
        ("(-a) ** 2", "(-a)^{2}"),
        ("(a * b) ** c", r"(a \cdot b)^{c}"),
        ("(a + b) / c", r"\dfrac{a + b}{c}"),
        ("gamma * gamma_terminal", r"\gamma \cdot \gamma_{\mathrm{terminal}}"),
        ("abs(td_target) + eps", r"|\mathrm{td\_target}| + \mathrm{eps}"),
        ("sum(a + b)", r"\sum (a + b)"),
        ("log(softmax(q))", r"\log(\operatorname{softmax}(q))"),
        ("a / (1 if b else c) if d == 0 else a", r"\begin{cases} \dfrac{a}{\begin{cases} 1 & \text{if } b \\ c & "
         r"\text{otherwise} \end{cases}} & \text{if } d = 0 \\ a & \text{otherwise} \end{cases}"),
        ("a / 1", "a"),
        ("q_star != -inf", r"[\,\mathrm{q\_star} \ne -\infty\,]"),
        ("v[t+1, action]", r"v_{t + 1,\,\mathrm{action}}"),
        ("a if x > 0 else b", r"\begin{cases} a & \text{if } x > 0 \\ b & \text{otherwise} \end{cases}"),
        ("c * (a if b else 1)", r"c \cdot (\begin{cases} a & \text{if } b \\ 1 & \text{otherwise} \end{cases})"),
        ("(1 if w is None else w) * a",
         r"(\begin{cases} 1 & \text{if } \text{no } w \\ w & \text{otherwise} \end{cases}) \cdot a"),
        ("kind == 'm_e'", r"[\,\mathrm{kind} = \text{m\_e}\,]"),
    ],
)  # fmt: skip
def test_an_expression_is_typeset(formula: str, latex: str) -> None:
    assert latex_of(formula) == latex


@pytest.mark.parametrize(
    "text", ["log_softmax(sp) over the valid actions", "a, b", "lambda x: x", "a.b", "[a]", "a or b"]
)
def test_words_and_what_has_no_notation_stay_text(text: str) -> None:
    assert latex_of(text) is None


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (0.9900000095367432, "0.99"),
        (1234567.0, "1234570"),
        (1e-8, r"1 \times 10^{-8}"),
        (-2.5e9, r"-2.5 \times 10^{9}"),
        (-0.0, "-0"),
        (0.00012345678, "0.000123457"),
        (True, "1"),
        (False, "0"),
        (17, "17"),
        (math.nan, r"\mathrm{NaN}"),
        (-math.inf, r"-\infty"),
    ],
)
def test_a_number_is_written_as_on_the_page(value: Value, latex: str) -> None:
    assert latex_of("x", {"x": value}) == latex


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("gamma * q - r", r"0.5 \cdot (-3) - (-0.25)"),
        ("q ** 2", "(-3)^{2}"),
        ("tiny ** 2", r"(1 \times 10^{-9})^{2}"),
        ("r - q * gamma", r"-0.25 - (-3 \cdot 0.5)"),
        ("-r", "-(-0.25)"),
        ("max(vector)", r"\max(\mathrm{vector})"),
        ("values[t+1, action]", r"\mathrm{values}_{8,\,4}"),
        ("q[action]", "q_{4}"),
        ("r if gamma > 0 else q", "-0.25"),
        ("r if gamma == 0 else q", "-3"),
        ("r if on else q", "-3"),
        (
            "r if vector else q",
            r"\begin{cases} -0.25 & \text{if } \mathrm{vector} \\ -3 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_names_with_a_value_are_written_as_numbers_and_decide_conditions(formula: str, latex: str) -> None:
    values = {"gamma": 0.5, "q": -3, "r": -0.25, "tiny": 1e-9, "t": 7, "action": 4, "on": False}
    assert latex_of(formula, values) == latex


def test_by_name_a_condition_is_still_decided() -> None:
    formula = "discount * q if discount != 0 else 0"
    assert latex_of(formula, {"discount": 0.5}, numbers=False) == r"\mathrm{discount} \cdot q"
    assert latex_of(formula, {"discount": 0.0}, numbers=False) == "0"


def test_a_factor_that_the_batch_does_not_have_is_left_out() -> None:
    formula = "(1 if w is None else w) * a"
    assert latex_of(formula, {"a": 2.0}) == "2"
    assert latex_of(formula, {"a": 2.0, "w": 1.0}) == r"1 \cdot 2"
    assert latex_of("(a if w is None else w) * a", {"a": 1.0}) == r"1 \cdot 1"


def formulas_at(cfg: DqnLossConfig, batch: Batch, row: int, step: int) -> dict[str, str | None]:
    view: dict[str, Any] = {"loss": "dqn", "term": "loss", "rows": (row, row + 1), "steps": (step, step + 1)}
    request = TransitionRequest.model_validate({**view, "configs": {"dqn": cfg}})
    transition = transition_of(batch, request)
    return {term.name: term.latex_values for term in transition.terms}


def test_a_transition_has_its_own_numbers_in_the_formulas() -> None:
    batch, cfg = random_batch(), DqnLossConfig(gamma=0.9, reward_scale=2.0)
    terms: Any = LOSSES["dqn"].terms(LOSSES["dqn"].inputs(batch.step_stream, batch.out, cql=False, xformed=False), cfg)
    shown = formulas_at(cfg, batch, 1, 2)
    error, target, taken = (float(getattr(terms, name)[1, 2]) for name in ("td_error", "td_target", "q_taken"))

    def bracketed(value: float) -> str:
        return f"({value:.6g})" if value < 0 else f"{value:.6g}"

    assert shown["td_error"] == f"{target:.6g} - {bracketed(taken)}"
    assert shown["td_loss"] == f"{bracketed(error)}^{{2}}"
    assert shown["action"] == r"\mathrm{action}_{3}"
    assert shown["q_taken"] == f"q_{{{int(terms.action[1, 2])}}}"
    assert shown["loss"] == f"{float(terms.td_loss[1, 2]):.6g}"


def test_importance_weight_and_own_discount_stand_in_the_formulas() -> None:
    batch: Any = random_batch()
    shape = batch.step_stream.batch_size
    batch.step_stream["done"] = torch.zeros(shape, dtype=torch.int64)
    batch.step_stream["importance_weight"] = torch.full(shape, 0.5)
    batch.step_stream["gamma_n"] = torch.full(shape, 0.25)
    shown = formulas_at(DqnLossConfig(gamma_terminal=0.125, gamma_truncated=0.0625), batch, 1, 2)
    assert shown["discount"] == r"0.25 \cdot (1 - 0 - 0) + 0.125 \cdot 0 + 0.0625 \cdot 0"
    assert (shown["td_loss"] or "").startswith(r"0.5 \cdot ")


def test_where_no_number_can_be_put_in_none_is_shown() -> None:
    shown = formulas_at(DqnLossConfig(), random_batch(), 0, 0)
    assert shown["q_next_max"] is None
    assert shown["cql_loss"] is None


@pytest.mark.parametrize("name", LOSSES)
def test_the_catalogue_typesets_what_is_an_expression(name: str) -> None:
    told_in_words = {info.name for info in LOSSES[name].term_infos if latex_of(info.formula) is None}
    assert told_in_words == ({"log_teacher", "log_student", "divergence"} if name == "sp" else set())
