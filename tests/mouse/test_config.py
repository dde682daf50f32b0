"""Configs accept exactly what they document: types, bounds, defaults, and a JSON Schema that a form can be made of."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig

REWARD = {
    "reward_scale": 1.0,
    "reward_shift": 0.0,
    "normalize_reward_mean": False,
    "normalize_reward_std": False,
    "normalize_reward_eps": 1e-8,
    "use_xformed_reward": False,
}
DEFAULTS: dict[str, dict[str, object]] = {
    "dqn": {
        "weight": 1.0,
        "gamma": 0.99,
        "gamma_terminal": 0.0,
        "gamma_truncated": 0.0,
        "tau": 0.005,
        "cql_weight": 0.0,
        "cql_scale_q_eps": 1.0,
        **REWARD,
    },
    "vec_dqn": {"weight": 1.0, "tau": 0.005, **REWARD},
    "sp": {"weight": 1.0, "loss_type": "ce", "temperature": 1.0, "label_smoothing": 0.0},
    "sv": {"weight": 1.0, "loss_type": "mse"},
}
UNIT = {"minimum": 0, "maximum": 1}
FLOAT32 = {"minimum": 1e-30, "maximum": 1e30}
BOUNDS: dict[str, Mapping[str, float]] = {
    "weight": {"minimum": 0},
    "gamma": UNIT,
    "gamma_terminal": UNIT,
    "gamma_truncated": UNIT,
    "tau": UNIT,
    "label_smoothing": UNIT,
    "cql_weight": {"minimum": 0},
    "cql_scale_q_eps": {"minimum": 0},
    "normalize_reward_eps": FLOAT32,
    "temperature": FLOAT32,
    "reward_scale": {},
    "reward_shift": {},
}
FIELDS = [(name, field) for name, defaults in DEFAULTS.items() for field in defaults]
NUMBERS = [(name, field) for name, field in FIELDS if type(DEFAULTS[name][field]) is float]
FLAGS = [(name, field) for name, field in FIELDS if type(DEFAULTS[name][field]) is bool]
CHOICES = [
    ("sp", ["ce", "ce-soft-fwd", "ce-soft-bwd", "kl-fwd", "kl-bwd", "js"]),
    ("sv", ["mse", "mae"]),
]


def config(name: str, **fields: object) -> LossConfig:
    return LOSSES[name].config(**fields)


def values(cfg: LossConfig) -> dict[str, object]:
    return {field.name: getattr(cfg, field.name) for field in dataclasses.fields(cfg)}  # pyright: ignore[reportArgumentType]


def schema(name: str) -> dict[str, Any]:
    return TypeAdapter(LOSSES[name].config).json_schema()


def rejected(name: str, field: str, value: object) -> str:
    with pytest.raises(ValidationError) as error:
        config(name, **{field: value})
    assert [problem["loc"] for problem in error.value.errors()] == [(field,)]
    return error.value.errors()[0]["type"]


@pytest.mark.parametrize("name", LOSSES)
def test_defaults_are_those_of_the_documented_signature(name: str) -> None:
    assert values(config(name)) == DEFAULTS[name]


@pytest.mark.parametrize("name", LOSSES)
def test_only_keywords_are_accepted(name: str) -> None:
    with pytest.raises(ValidationError):
        LOSSES[name].config(1.0)


@pytest.mark.parametrize(("name", "field"), NUMBERS)
@pytest.mark.parametrize("value", [True, "0.5", None, math.nan, math.inf, -math.inf, [0.5], 1j])
def test_only_a_finite_number_is_a_number(name: str, field: str, value: object) -> None:
    assert rejected(name, field, value) in {"float_type", "finite_number"}


@pytest.mark.parametrize(("name", "field"), NUMBERS)
def test_a_whole_number_is_a_number(name: str, field: str) -> None:
    found = values(config(name, **{field: 1}))[field]
    assert found == 1.0
    assert type(found) is float


@pytest.mark.parametrize(("name", "field"), FLAGS)
@pytest.mark.parametrize("value", [0, 1, "true", None, 0.0])
def test_only_true_and_false_are_flags(name: str, field: str, value: object) -> None:
    assert rejected(name, field, value) == "bool_type"


@pytest.mark.parametrize(("name", "choices"), CHOICES)
def test_only_the_listed_choices_are_accepted(name: str, choices: list[str]) -> None:
    for choice in choices:
        assert values(config(name, loss_type=choice))["loss_type"] == choice
    for value in ("CE", "MSE", "", None, 1, True):
        assert rejected(name, "loss_type", value) == "literal_error"


@pytest.mark.parametrize(("name", "field"), NUMBERS)
def test_bounds_are_those_of_the_schema(name: str, field: str) -> None:
    bounds = BOUNDS[field]
    low, high = bounds.get("minimum", -1e300), bounds.get("maximum", 1e300)
    config(name, **{field: float(low)})
    config(name, **{field: float(high)})
    if "minimum" in bounds:
        assert rejected(name, field, math.nextafter(low, -math.inf)) == "greater_than_equal"
    if "maximum" in bounds:
        assert rejected(name, field, math.nextafter(high, math.inf)) == "less_than_equal"


@pytest.mark.parametrize("name", LOSSES)
def test_an_unknown_field_is_rejected(name: str) -> None:
    assert rejected(name, "gama", 0.5) in {"unexpected_keyword_argument", "extra_forbidden"}


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_config_cannot_be_changed(name: str, field: str) -> None:
    cfg = config(name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(cfg, field, DEFAULTS[name][field])
    assert hash(cfg) == hash(config(name))
    assert cfg == config(name)


def test_a_changed_copy_is_validated() -> None:
    assert dataclasses.replace(DqnLossConfig(gamma=0.5), tau=0.1) == DqnLossConfig(gamma=0.5, tau=0.1)
    with pytest.raises(ValidationError, match="gamma"):
        dataclasses.replace(DqnLossConfig(), gamma=2.0)
    with pytest.raises(ValidationError, match="temperature"):
        dataclasses.replace(SpLossConfig(), temperature=0.0)


@pytest.mark.parametrize("name", LOSSES)
def test_json_gives_the_config_back_and_wrong_json_does_not(name: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(LOSSES[name].config)
    cfg = config(name, weight=2.5)
    assert adapter.validate_json(adapter.dump_json(cfg)) == cfg
    assert adapter.validate_python(json.loads(adapter.dump_json(cfg))) == cfg
    assert adapter.validate_json("{}") == config(name)
    for wrong in ('{"weight": "1"}', '{"weight": true}', '{"weight": NaN}', '{"weight": 1e999}', '{"other": 1}'):
        with pytest.raises(ValidationError):
            adapter.validate_json(wrong)


@pytest.mark.parametrize("name", LOSSES)
def test_the_schema_has_all_fields_and_allows_no_other(name: str) -> None:
    found = schema(name)
    assert set(found["properties"]) == set(DEFAULTS[name])
    assert found["additionalProperties"] is False
    assert "required" not in found
    assert found["description"].endswith(".")


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_the_schema_of_a_field_has_description_and_default(name: str, field: str) -> None:
    found = schema(name)["properties"][field]
    assert found["description"][0].isascii()
    assert found["description"].endswith(".")
    assert len(found["description"]) > 20
    assert found["title"]
    assert found["default"] == DEFAULTS[name][field]


@pytest.mark.parametrize(("name", "field"), NUMBERS)
def test_the_schema_of_a_number_has_its_bounds_and_a_slider_within_them(name: str, field: str) -> None:
    found = schema(name)["properties"][field]
    limits = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    assert found["type"] == "number"
    assert {key: found[key] for key in limits & set(found)} == BOUNDS[field]
    slider = found["slider"]
    assert set(slider) == {"low", "high", "scale"}
    assert slider["low"] < slider["high"]
    config(name, **{field: slider["low"]})
    config(name, **{field: slider["high"]})
    assert slider["low"] > 0 or slider["scale"] != "log"


@pytest.mark.parametrize(("name", "field"), FLAGS)
def test_the_schema_of_a_flag_is_a_boolean(name: str, field: str) -> None:
    assert schema(name)["properties"][field]["type"] == "boolean"


@pytest.mark.parametrize(("name", "choices"), CHOICES)
def test_the_schema_of_a_choice_lists_it(name: str, choices: list[str]) -> None:
    assert schema(name)["properties"]["loss_type"]["enum"] == choices
