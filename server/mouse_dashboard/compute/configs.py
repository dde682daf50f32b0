"""Resolve the configs of a request against the loss registry, and record which of their fields a computation reads."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.schema.errors import ApiError, InvalidFieldsError

Reads = frozenset[tuple[str, Any]]
"""Fields that a computation reads, with their values: whatever the others are, its result is the same."""


def resolve_configs(
    configs: Mapping[str, Any], losses: Mapping[str, AnyLoss], field: str = "configs"
) -> dict[str, LossConfig]:
    """Validate each config by its loss, and return them in the order of the registry; a null config counts as absent.

    Raises:
        InvalidFieldsError: a loss is not in the registry, or refuses its config; `field` is where the
            configs stand in the request.
    """
    place = tuple(filter(None, field.split(".")))
    errors: list[Any] = [
        {"type": "extra_forbidden", "loc": (*place, name), "msg": "", "input": config, "known": tuple(losses)}
        for name, config in configs.items()
        if name not in losses
    ]
    resolved: dict[str, LossConfig] = {}
    for name, loss in losses.items():
        if configs.get(name) is None:
            continue
        try:
            resolved[name] = config_adapter(loss.config).validate_python(configs[name])
        except ValidationError as error:
            at = (*place, name)
            errors += [{**each, "loc": (*at, *each["loc"]), "config": loss.config} for each in error.errors()]
    if errors:
        raise InvalidFieldsError(errors)
    return resolved


def require_configs(configs: Mapping[str, Any], losses: Mapping[str, AnyLoss]) -> dict[str, LossConfig]:
    """As `resolve_configs`, for a request that requires at least one loss.

    Raises:
        InvalidFieldsError: as `resolve_configs`.
        ApiError: 422, no loss was requested.
    """
    resolved = resolve_configs(configs, losses)
    if not resolved:
        known = ", ".join(losses)
        raise ApiError(422, "no_loss", f"configs: found none, expected at least one of {known}.", "configs")
    return resolved


def dump_configs(configs: Mapping[str, LossConfig]) -> dict[str, dict[str, Any]]:
    """Configs as JSON, every field spelled out."""
    return {name: config_adapter(type(cfg)).dump_python(cfg, mode="json") for name, cfg in configs.items()}


@cache
def config_adapter(config: type[LossConfig]) -> TypeAdapter[LossConfig]:
    """The adapter that validates the config of a loss and describes it as JSON Schema."""
    return TypeAdapter(config)


def record_reads(cfg: LossConfig) -> tuple[LossConfig, Callable[[], Reads]]:
    """A config that records which of its fields are read, and a function that returns them; all if that is unclear."""
    kind, names = type(cfg), {field.name for field in fields(cfg)}
    read: set[str] = set()

    def get(self: LossConfig, name: str) -> Any:
        if name == "__class__":  # it reads no field to ask for the type
            return kind
        read.add(name)
        return kind.__getattribute__(self, name)

    noted = copy(cfg)
    object.__setattr__(noted, "__class__", type(kind.__name__, (kind,), {"__getattribute__": get}))
    return noted, lambda: frozenset((name, getattr(cfg, name)) for name in (read if read <= names else names))


def all_fields_of(cfg: LossConfig) -> Reads:
    """All fields of a config."""
    return frozenset((field.name, getattr(cfg, field.name)) for field in fields(cfg))


def matches_values(cfg: LossConfig, reads: Reads) -> bool:
    """Whether a config has these field values."""
    return all(getattr(cfg, name) == value for name, value in reads)
