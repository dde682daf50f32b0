"""Resolve the names in a term's formula to their numbers at one place."""

import re
from typing import cast

from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import names
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.batch_loss import TracedLoss
from mouse_dashboard.compute.loss_evaluation import is_gradient
from mouse_dashboard.evaluate.formula import Value
from mouse_dashboard.schema.numbers import plain

BOUND_ANEW = re.compile(r"@\d+(#\d+)?$")
"""How the earlier values of a variable are told apart."""


class Scopes:
    """Names known so far: one scope for a declared loss, one per function for a user's function."""

    def __init__(self, job: LossJob, place: tuple[int, int]) -> None:
        self._call = job.loss.call if isinstance(job.loss, TracedLoss) else None
        self._holds_code = isinstance(job.loss, TracedLoss) and job.loss.holds_code
        self._config: dict[str, Value] = {name: getattr(job.cfg, name) for name in vars(job.cfg)}
        self._known: dict[str, dict[str, Value]] = {"": {"t": place[1], **self._config}}
        if self._call is not None:
            other = {BOUND_ANEW.sub("", str(each["name"])) for each in self._call.others}
            fields = {name: value for name, value in _fields_at(job.batch, place).items() if name not in other}
            self._known[""] |= {**fields, **self._call.scalars}

    def of(self, term: TermInfo) -> dict[str, Value]:
        """The scope of a term; the same dictionary for all terms of a function."""
        function = self._function(term)
        scalars = {} if self._call is None else dict(self._call.scalars)
        return self._known.setdefault(function, {**scalars})

    def variable(self, term: TermInfo) -> str:
        """The name that later formulas use for a term: without its function prefix and line suffix.

        A rebound variable has a term for each of its values, and refers to the last one so far.
        """
        function = self._function(term)
        name = term.name.removeprefix(f"{function}.") if function else term.name
        return BOUND_ANEW.sub("", name)

    def holds_code(self, term: TermInfo) -> bool:
        """Whether the formula is the user's source code."""
        return self._holds_code and not is_gradient(term.name)

    def _function(self, term: TermInfo) -> str:
        return "" if self._call is None else self._call.helpers.get(term.name, "")


def _fields_at(batch: Batch, place: tuple[int, int]) -> dict[str, Value]:
    """Scalar-per-step fields of the batch, which formulas of a user's function refer to."""
    found: dict[str, Value] = {}
    for source in cast("tuple[TensorDictBase, ...]", (batch.step_stream, batch.out)):
        for name in names(source):
            value = cast("object", source.get(name))
            if isinstance(value, Tensor) and value.dim() == 2:
                found[name] = plain(value[place])
    return found
