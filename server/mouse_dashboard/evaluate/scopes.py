"""Which numbers stand behind the names in the formula of a term, at one place."""

import re
from typing import cast

from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import names
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.batch_loss import TracedLoss
from mouse_dashboard.compute.evaluated import is_gradient
from mouse_dashboard.evaluate.formula import Value
from mouse_dashboard.schema.numbers import plain

BOUND_ANEW = re.compile(r"@\d+(#\d+)?$")
"""How the earlier values of a variable are told apart."""


class Scopes:
    """Names that are known so far: of a declared loss in one scope, of a user's function in one for each function."""

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
        """What is known where a term is computed; the same dictionary for all terms of a function."""
        function = self._function(term)
        scalars = {} if self._call is None else dict(self._call.scalars)
        return self._known.setdefault(function, {**scalars})

    def variable(self, term: TermInfo) -> str:
        """What formulas after a term call it: without the function that it belongs to, and without its line.

        A variable that is bound anew has a term for each of its values, and means the last one so far.
        """
        function = self._function(term)
        name = term.name.removeprefix(f"{function}.") if function else term.name
        return BOUND_ANEW.sub("", name)

    def holds_code(self, term: TermInfo) -> bool:
        """Whether the formula is a piece of the user's code."""
        return self._holds_code and not is_gradient(term.name)

    def _function(self, term: TermInfo) -> str:
        return "" if self._call is None else self._call.helpers.get(term.name, "")


def _fields_at(batch: Batch, place: tuple[int, int]) -> dict[str, Value]:
    """Fields of the batch that are one number per step: what formulas of a user's function speak of."""
    found: dict[str, Value] = {}
    for source in cast("tuple[TensorDictBase, ...]", (batch.step_stream, batch.out)):
        for name in names(source):
            value = cast("object", source.get(name))
            if isinstance(value, Tensor) and value.dim() == 2:
                found[name] = plain(value[place])
    return found
