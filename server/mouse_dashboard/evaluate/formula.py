"""Typeset formulas of terms: Python expressions as LaTeX, with names or with the numbers of one transition."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Value = bool | int | float | str
Values = Mapping[str, Value]
NOTHING: Values = {}
DIGITS = 6
"""Significant digits, as many as the page writes of a number."""

CONDITIONAL, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)
"""How tightly a piece holds together; looser ones get brackets inside tighter ones."""
SIGNS: Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("=", operator.eq),
    ast.NotEq: (r"\ne", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: (r"\le", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (r"\ge", operator.ge),
}
FUNCTIONS = {"log", "exp", "max", "min", "sin", "cos"}
"""Those that LaTeX knows by name."""
GREEK = {"alpha", "beta", "gamma", "epsilon", "lambda", "mu", "sigma", "tau", "theta"}


class Piece(NamedTuple):
    """LaTeX of a part of a formula."""

    latex: str
    binds: int = ATOM

    def inside(self, binds: int) -> str:
        """Its LaTeX as an operand of a tighter-binding operator: parenthesised if needed."""
        return self.latex if self.binds >= binds else f"({self.latex})"


class NoExpressionError(ValueError):
    """The formula is prose, or uses syntax without a notation here."""


def latex_of(formula: str, values: Values = NOTHING, *, numbers: bool = True, code: bool = False) -> str | None:
    """LaTeX of a Python expression; None for text that is none.

    What has no notation makes it None too, unless it is `code`: then that part is written as it stands.

    A condition that values decide is written as the branch that it takes; a name that has a value is written as that
    value, unless `numbers` is off. Whatever is indexed keeps its name: ``q[action]`` becomes q with the number of the
    action.
    """
    try:
        piece = _Writer(values, values if numbers else NOTHING, code=code).write(ast.parse(formula, mode="eval").body)
    except (SyntaxError, NoExpressionError):
        return verbatim(formula).latex if code else None
    return f"[\\,{piece.latex}\\,]" if piece.binds == COMPARISON else piece.latex


class _Writer:
    def __init__(self, known: Values, shown: Values, *, code: bool = False) -> None:
        self._known = known
        self._shown = shown
        self._code = code

    def write(self, node: ast.expr) -> Piece:
        if not self._code:
            return self._notation(node)
        if not isinstance(node, ast.Name | ast.Constant) and (text := ast.unparse(node)) in self._shown:
            return number(self._shown[text])
        try:
            return self._notation(node)
        except NoExpressionError:
            return self._code_notation(node)

    def _code_notation(self, node: ast.expr) -> Piece:
        """Notation that only occurs in users' functions, not in formulas of declared losses."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch" | "F" | "math" | "np"), attr=name)):
                return self._named_call(name, node)
            case ast.Call(func=ast.Attribute(value=value, attr=name)):
                return self._named_call(name, node, self.write(value))
            case ast.Call(func=ast.Name(id=name)):
                return self._named_call(name, node)
            case ast.UnaryOp(op=ast.Invert() | ast.Not(), operand=operand):
                return Piece(rf"\lnot {self.write(operand).inside(SIGN)}", SIGN)
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
                sign = r"\wedge" if isinstance(op, ast.BitAnd) else r"\vee"
                return Piece(f"{self.write(left).inside(SUM)} {sign} {self.write(right).inside(SUM)}", COMPARISON)
            case _:
                return verbatim(ast.unparse(node))

    def _named_call(self, name: str, node: ast.Call, *before: Piece) -> Piece:
        inner = [*before, *(self.write(arg) for arg in node.args)]
        inner += [Piece(f"{verbatim(each.arg or '').latex} = {self.write(each.value).latex}") for each in node.keywords]
        name = name.rstrip("_")
        if len(inner) == 1 and name in ONE_ARGUMENT:
            return ONE_ARGUMENT[name](inner[0])
        head = rf"\{name}" if name in FUNCTIONS else rf"\operatorname{{{escaped(name)}}}"
        arguments = r",\ ".join(piece.latex for piece in inner)
        return Piece(f"{head}({arguments})")

    def _notation(self, node: ast.expr) -> Piece:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Piece(f"-{_unsigned(self.write(operand), SIGN)}", SIGN)
            case ast.BinOp():
                return self._binary(node)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(left, op, right)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args)
            case ast.IfExp():
                return self._conditional(node)
            case _:
                return self._name(node)

    def _name(self, node: ast.expr) -> Piece:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return number(value)
            case ast.Name(id=name):
                return number(self._shown[name]) if name in self._shown else Piece(symbol(name))
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                return Piece(f"{symbol(name)}_{{{self._index(index)}}}")
            case _:
                raise NoExpressionError(ast.unparse(node))

    def _index(self, index: ast.expr) -> str:
        match index:
            case ast.Tuple(elts=parts):
                return r",\,".join(self._index(part) for part in parts)
            case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int() as ahead)) if (
                isinstance(at := self._shown.get(name), int)
            ):
                return str(at + ahead)
            case _:
                return self.write(index).latex

    def _binary(self, node: ast.BinOp) -> Piece:
        left, right = self.write(node.left), self.write(node.right)
        match node.op:
            case ast.Add():
                return Piece(f"{left.inside(SUM)} + {_unsigned(right, SUM)}", SUM)
            case ast.Sub():
                return Piece(f"{left.inside(SUM)} - {_unsigned(right, PRODUCT)}", SUM)
            case ast.Mult() if self._is_one(node.left):
                return right
            case ast.Mult():
                return Piece(rf"{left.inside(PRODUCT)} \cdot {_unsigned(right, PRODUCT)}", PRODUCT)
            case ast.Div():
                return left if right.latex == "1" else Piece(rf"\dfrac{{{left.latex}}}{{{right.latex}}}", PRODUCT)
            case ast.Pow():
                return Piece(f"{left.inside(ATOM)}^{{{right.latex}}}", POWER)
            case _:
                raise NoExpressionError(ast.unparse(node))

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Piece:
        match op, right:
            case ast.Is(), ast.Constant(value=None):
                return Piece(rf"\text{{no }} {self.write(left).latex}", COMPARISON)
            case _ if type(op) in SIGNS:
                sign, _ = SIGNS[type(op)]
                return Piece(f"{self.write(left).inside(SUM)} {sign} {self.write(right).inside(SUM)}", COMPARISON)
            case _:
                raise NoExpressionError(ast.unparse(right))

    def _is_one(self, node: ast.expr) -> bool:
        """Whether a factor is left out: a condition that was decided for a 1 as it stands in the formula."""
        if not isinstance(node, ast.IfExp) or (decided := self._decided(node.test)) is None:
            return False
        match node.body if decided else node.orelse:
            case ast.Constant(value=1):
                return True
            case _:
                return False

    def _call(self, name: str, args: list[ast.expr]) -> Piece:
        inner = [self.write(arg) for arg in args]
        if name == "abs" and len(inner) == 1:
            return Piece(f"|{inner[0].latex}|")
        if name == "sum" and len(inner) == 1:
            return Piece(rf"\sum {inner[0].inside(PRODUCT)}", PRODUCT)
        head = rf"\{name}" if name in FUNCTIONS else rf"\operatorname{{{escaped(name)}}}"
        arguments = r",\ ".join(piece.latex for piece in inner)
        return Piece(f"{head}({arguments})")

    def _conditional(self, node: ast.IfExp) -> Piece:
        decided = self._decided(node.test)
        if decided is not None:
            return self.write(node.body if decided else node.orelse)
        yes, test, no = (self.write(part).latex for part in (node.body, node.test, node.orelse))
        cases = rf"{yes} & \text{{if }} {test} \\ {no} & \text{{otherwise}}"
        return Piece(rf"\begin{{cases}} {cases} \end{{cases}}", CONDITIONAL)

    def _decided(self, test: ast.expr) -> bool | None:
        """The value of a condition; None if the known values do not decide it."""
        match test:
            case ast.Name(id=name) if name in self._known:
                return bool(self._known[name])
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]) if (
                self._known and not self._code
            ):  # of a loss declared here: a number that the batch does not have is not known
                return name not in self._known
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=other)]) if (
                name in self._known and type(op) in SIGNS
            ):
                return SIGNS[type(op)][1](self._known[name], other)
            case _:
                return None


ONE_ARGUMENT: Mapping[str, Callable[[Piece], Piece]] = {
    "abs": lambda inner: Piece(f"|{inner.latex}|"),
    "square": lambda inner: Piece(f"{inner.inside(ATOM)}^{{2}}", POWER),
    "sqrt": lambda inner: Piece(rf"\sqrt{{{inner.latex}}}"),
    "neg": lambda inner: Piece(f"-{inner.inside(PRODUCT)}", SIGN),
    "sum": lambda inner: Piece(rf"\sum {inner.inside(PRODUCT)}", PRODUCT),
    "detach": lambda inner: inner,
    "float": lambda inner: inner,
}
"""Functions that have a notation of their own. What has no gradient or another type is the same number."""


def verbatim(text: str) -> Piece:
    """Source code, verbatim."""
    special = {
        "\\": r"\backslash ",
        "{": r"\{",
        "}": r"\}",
        "^": r"\text{\textasciicircum}",
        "~": r"\text{\textasciitilde}",
    }
    plain = "".join(special.get(char, rf"\{char}" if char in "_%&#$" else char) for char in text)
    return Piece(rf"\texttt{{{plain}}}")


def _unsigned(piece: Piece, binds: int) -> str:
    """Parenthesise a signed operand to the right of an operator."""
    return f"({piece.latex})" if piece.latex.startswith("-") else piece.inside(binds)


def symbol(name: str) -> str:
    """A name as in the code; a Greek letter as that letter, with the rest as its subscript."""
    if name == "inf":
        return r"\infty"
    letter, _, rest = name.partition("_")
    if letter in GREEK:
        return rf"\{letter}_{{\mathrm{{{escaped(rest)}}}}}" if rest else rf"\{letter}"
    return name if len(name) == 1 else rf"\mathrm{{{escaped(name)}}}"


def number(value: Value) -> Piece:
    """Rounded as the page rounds numbers; a switch counts as 0 or 1."""
    if isinstance(value, str):
        return Piece(rf"\text{{{escaped(value)}}}")
    if isinstance(value, int):
        return Piece(str(int(value)), SIGN if value < 0 else ATOM)
    if math.isnan(value):
        return Piece(r"\mathrm{NaN}")
    if math.isinf(value):
        return Piece(r"\infty") if value > 0 else Piece(r"-\infty", SIGN)
    sign = SIGN if math.copysign(1, value) < 0 else ATOM
    if _reads_as_decimal(value):
        return Piece(f"{Decimal(f'{value:.{DIGITS}g}'):f}", sign)
    mantissa, _, exponent = f"{value:.{DIGITS - 1}e}".partition("e")
    return Piece(rf"{float(mantissa):g} \times 10^{{{int(exponent)}}}", min(sign, PRODUCT))


def _reads_as_decimal(value: float) -> bool:
    size = abs(value)
    return size == 0 or 1e-4 <= size < 1e7


def escaped(text: str) -> str:
    """Text with LaTeX commands escaped."""
    return "".join(rf"\{char}" if char in "_%&#$" else char for char in text if char not in "\\{}^~")
