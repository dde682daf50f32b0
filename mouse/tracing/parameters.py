"""Find the parameters that a function's body uses; one that occurs only in the signature is not read."""

import dis
from types import CodeType
from typing import cast

from mouse.tracing.function import code_of
from mouse.tracing.signature import Signature


def mentioned_parameters(signature: Signature) -> set[str]:
    """Parameters that the body loads, hands on or deletes; all of them where it has no code to look at."""
    every = {each.name for each in signature.parameters}
    code = code_of(signature.function)
    return every if code is None else every & _names_in(code)


def _names_in(code: CodeType) -> set[str]:
    """Names in the instructions; some load two at once."""
    found: set[object] = set()
    for each in dis.get_instructions(code):
        value: object = each.argval
        found.update(cast("tuple[object, ...]", value) if isinstance(value, tuple) else [value])
    return {name for name in found if isinstance(name, str)}
