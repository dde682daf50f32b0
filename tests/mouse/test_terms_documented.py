"""Every term says what it is, and its formula, where it is an expression, gives exactly its value."""

import ast
import builtins
import math
from typing import Any, cast

import numpy as np
import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.fields import names
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.term import TermInfo
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe
from tests.mouse.reference_geometry import naive_cosine, naive_rotate, naive_scores

TERMS = [(name, info) for name, loss in LOSSES.items() for info in loss.term_infos]
PROSE = {("sp", "log_teacher"), ("sp", "log_student"), ("sp", "divergence")}
EXPRESSIONS = [(name, info) for name, info in TERMS if (name, info.name) not in PROSE]
OPTIONAL_FIELDS = {"xformed_reward", "importance_weight", "gamma_n"}
FUNCTIONS: dict[str, Any] = {
    "inf": math.inf,
    "exp": np.exp,
    "argmax": np.argmax,
    "logsumexp": np.logaddexp.reduce,
    "vec_dqn_scores": naive_scores,
    "rope_rotate": naive_rotate,
    "cosine_similarity": naive_cosine,
}
CONFIGS: list[tuple[str, LossConfig]] = [
    ("dqn", DqnLossConfig(gamma=0.9, gamma_terminal=0.1, gamma_truncated=0.5, reward_scale=2.0, reward_shift=0.3)),
    ("dqn", DqnLossConfig(cql_weight=0.7, cql_scale_q_eps=0.4, normalize_reward_mean=True, use_xformed_reward=True)),
    ("dqn", DqnLossConfig(gamma_truncated=0.5, normalize_reward_mean=True, normalize_reward_std=True)),
    ("vec_dqn", VecDqnLossConfig(reward_scale=-2.0, reward_shift=0.3, normalize_reward_std=True)),
    ("sp", SpLossConfig(loss_type="js", label_smoothing=0.1)),
    ("sv", SvLossConfig(loss_type="mse")),
    ("sv", SvLossConfig(loss_type="mae")),
]


def term_id(value: object) -> str | None:
    return value.name if isinstance(value, TermInfo) else None


@pytest.mark.parametrize("name", LOSSES)
def test_terms_are_the_fields_of_the_terms_class_in_order_and_end_with_the_loss(name: str) -> None:
    loss = LOSSES[name]
    assert [info.name for info in loss.term_infos] == list(loss.terms_type.__annotations__)
    assert loss.loss_info.name == "loss"
    assert loss.loss_info.dims == loss.term_infos[0].dims[:2]


@pytest.mark.parametrize(("name", "info"), TERMS, ids=term_id)
def test_a_term_has_a_formula_a_sentence_and_named_dimensions(name: str, info: TermInfo) -> None:
    assert info.formula
    assert info.doc[0].isupper()
    assert info.doc.endswith(".")
    assert len(info.doc.split()) > 2
    assert info.dims[0] == "batch"
    assert info.dims[1] == LOSSES[name].loss_info.dims[1]
    assert info.dims[1] in {"time", "step"}
    assert info.dims[2:] in {(), ("action",), ("dim",)}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_says_in_a_line_what_it_is(name: str) -> None:
    loss = LOSSES[name]
    assert loss.name == name
    assert loss.title
    assert loss.doc.endswith(".")
    assert loss.doc.count(".") == 1


@pytest.mark.parametrize(("name", "info"), EXPRESSIONS, ids=term_id)
def test_a_formula_names_only_what_is_known_before_it(name: str, info: TermInfo) -> None:
    loss = LOSSES[name]
    before = [earlier.name for earlier in loss.term_infos]
    known = {
        *before[: before.index(info.name)],
        *loss.config.__dataclass_fields__,
        *loss.step_fields,
        *loss.heads,
        *OPTIONAL_FIELDS,
        *(word for word in info.doc.split() if word.startswith("row_")),
        *FUNCTIONS,
        *dir(builtins),
        "t",
    }
    used = {node.id for node in ast.walk(ast.parse(info.formula, mode="eval")) if isinstance(node, ast.Name)}
    assert used <= known


@pytest.mark.parametrize(("name", "info"), [term for term in TERMS if term not in EXPRESSIONS], ids=term_id)
def test_only_what_is_no_expression_is_told_in_words(name: str, info: TermInfo) -> None:
    assert (name, info.name) in PROSE
    if info.name != "log_student":  # "log_softmax(sp) over ..." starts like one
        assert " of " in info.formula or " or " in info.formula


class Grid(list[Any]):
    """Nested lists that take an index per dimension, as formulas write them: vec_dqn[t, action]."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            step, action = cast("tuple[int, int]", index)
            return super().__getitem__(step)[action]
        return super().__getitem__(index)


class Transition:
    """What a formula may name at one transition or step: config, fields of its sequence, and the terms before."""

    def __init__(self, name: str, cfg: LossConfig, fields: dict[str, Any], reward_raw: list[float], t: int) -> None:
        settings = {key: getattr(cfg, key) for key in LOSSES[name].config.__dataclass_fields__}
        self.scope: dict[str, Any] = {**FUNCTIONS, **fields, **settings, "t": t}
        if reward_raw:
            self.scope |= {"row_mean": np.mean(reward_raw), "row_std": np.std(reward_raw, ddof=1)}
        self.actions = dict[str, Any]()
        """What has an entry per action: a formula of such a term speaks of one of them, any other of all."""
        if name in {"sp", "sv"}:
            self.actions = {key: np.array(fields[key][t]) for key in (*LOSSES[name].step_fields, *LOSSES[name].heads)}

    def evaluate(self, info: TermInfo) -> Any:
        code = compile(info.formula, info.name, "eval")
        if info.dims[1:] != ("step", "action"):
            return eval(code, {**self.scope, **self.actions})  # noqa: S307
        count = len(self.actions["q_star"])
        of_one = [{key: values[a] for key, values in self.actions.items()} for a in range(count)]
        return [eval(code, {**self.scope, **one}) for one in of_one]  # noqa: S307

    def add(self, info: TermInfo, value: torch.Tensor) -> None:
        known: dict[str, Any] = self.actions if info.dims[1:] == ("step", "action") else self.scope
        known[info.name] = value.numpy() if value.dim() else value.item()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "cfg"), CONFIGS)
def test_formulas_evaluated_in_python_give_the_terms(name: str, cfg: LossConfig, weighted: bool) -> None:
    loss = LOSSES[name]
    step_stream, out = Recipe(batch=2, steps=6, actions=3, dim=4, seed=1, weighted=weighted).make()
    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    computed = [info for info in loss.term_infos if getattr(terms, info.name) is not None]
    absent = {info.name: None for info in loss.term_infos if info not in computed}
    for row in range(terms.batch_size[0]):
        fields: dict[str, Any] = absent | {
            key: Grid(source[key][row].tolist()) for source in (step_stream, out) for key in names(source)
        }
        rewards: list[float] = terms.reward_raw[row].tolist() if hasattr(terms, "reward_raw") else []
        for t in range(terms.batch_size[1]):
            here = Transition(name, cfg, fields, rewards, t)
            for info in computed:
                expected = getattr(terms, info.name)[row, t].detach()
                if (name, info.name) not in PROSE:
                    found = torch.tensor(np.array(here.evaluate(info)), dtype=torch.float64)
                    torch.testing.assert_close(found, expected.double(), msg=lambda text, at=info.name: f"{at}: {text}")
                here.add(info, expected)


@pytest.mark.parametrize(("name", "info"), [(name, info) for name, info in TERMS if info.where], ids=term_id)
def test_a_term_with_placeholders_names_the_mask_of_its_numbers(name: str, info: TermInfo) -> None:
    loss = LOSSES[name]
    mask = next(other for other in loss.term_infos if other.name == info.where)
    step_stream, out = Recipe(batch=2, steps=6, actions=3, dim=4, seed=1).make()
    step_stream["q_star"][:, :, 1] = -torch.inf
    terms = loss.terms(loss.inputs(step_stream, out), loss.config())
    meant, values = getattr(terms, mask.name), getattr(terms, info.name)
    assert (mask.dims, meant.dtype) == (info.dims, torch.bool)
    assert len(values[~meant].unique()) == 1, "all placeholders are one number"
