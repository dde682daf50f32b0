"""Names that the source itself gives to the value of an expression, such as `entropy` to ``dist.entropy().mean()``."""

import ast
import re
from functools import lru_cache

from mouse.tracing.operations import VIEWS

KEEPING = VIEWS | {
    *("mean", "sum", "nanmean", "nansum", "float", "double", "half", "bfloat16", "to", "type", "type_as", "clone"),
    *("cpu", "cuda"),
}
"""Functions whose result goes by the name of what they are given."""
LIBRARIES = frozenset({"torch", "th", "F"})
VERBS = re.compile(r"^(get|compute|calc|calculate|eval|evaluate)_|_(of|from|for)(_\w*)?$")
"""What the name of a function says beside its result."""


@lru_cache(maxsize=1024)
def name_of_expression(text: str) -> str | None:
    """The variable, attribute, key or function that an expression takes its value from; None where it computes one."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:  # a statement
        return None
    while True:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
                return name
            case ast.Subscript(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name), args=[first, *_]) if (
                name in KEEPING and owner in LIBRARIES
            ):
                node = first
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in KEEPING:
                node = inner
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name_of_result(name)
            case _:
                return None


def name_of_result(function: str) -> str:
    """What a function of this name returns.

    Example:
        >>> name_of_result("compute_entropy"), name_of_result("log_prob_of")
        ('entropy', 'log_prob')
    """
    return VERBS.sub("", function)
