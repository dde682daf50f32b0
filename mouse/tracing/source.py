"""Where in a function's source an operation stands: its expression, and the name that its result gets there."""

import ast
import linecache
import re
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType

Span = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class Expression:
    """A piece of source."""

    text: str
    """The expression; of an assignment its right side, of a change in place the whole statement."""
    line: int
    name: str | None = None
    """Variable, keyword or key that its value gets; None where it gets none."""
    returned: bool = False
    """Whether it is what the function returns."""
    assigned: bool = False
    """Whether the name is a variable."""
    changes_in_place: bool = False
    """Whether it is a statement that changes a tensor in place."""
    comment: str = ""
    """The comment at the end of its line."""


def expression_at(frame: FrameType) -> Expression:
    """The expression that a frame is working on."""
    code = frame.f_code
    spans = _spans(code)
    index = frame.f_lasti // 2
    span = spans[index] if 0 <= index < len(spans) else (None,) * 4
    return _expression(code, span if None not in span else (frame.f_lineno, None, None, None))


def assignment_of(code: CodeType, name: str, line: int) -> Expression | None:
    """The last assignment to a variable at or above a line of a function; None where the source shows none."""
    first = code.co_firstlineno
    found = [each for each in _file(code.co_filename).assignments.get(name, ()) if first <= each.line <= line]
    return found[-1] if found else None


@lru_cache(maxsize=1 << 14)
def _spans(code: CodeType) -> list[Span]:
    return list(code.co_positions())


@lru_cache(maxsize=1 << 14)
def _expression(code: CodeType, span: Span) -> Expression:
    return _file(code.co_filename).expression(span)


class _File:
    """A file's syntax tree, by the places of its nodes."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._nodes: dict[Span, ast.AST] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        self.assignments: dict[str, list[Expression]] = {}
        for node in ast.walk(_parsed("".join(lines))):
            if isinstance(node, ast.expr | ast.stmt):
                place = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
                self._nodes.setdefault(place, node)  # the outer one of several, which comes first
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        for node in self._nodes.values():
            self._note_assignment(node)
        for found in self.assignments.values():
            found.sort(key=lambda each: each.line)

    def expression(self, span: Span) -> Expression:
        """What stands at a place; the line where no node does."""
        node = self._nodes.get(span)
        line = span[0] or 1
        if isinstance(node, ast.Expr | ast.Return):
            node = node.value
        if isinstance(node, ast.AugAssign):
            name = node.target.id if isinstance(node.target, ast.Name) else None
            return Expression(ast.unparse(node), line, name, changes_in_place=True, comment=self._comment(line))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):  # an item of it is assigned
            statement = self._parents[node]
            name = node.value.id if isinstance(node.value, ast.Name) else None
            return Expression(ast.unparse(statement), line, name, changes_in_place=True, comment=self._comment(line))
        if not isinstance(node, ast.expr):
            return Expression(self._line(line).partition("#")[0].strip(), line, comment=self._comment(line))
        name, assigned = self._name(node)
        return Expression(
            ast.unparse(node),
            line,
            name,
            returned=isinstance(self._parents.get(node), ast.Return | ast.Lambda),
            assigned=assigned,
            comment=self._comment(line) if assigned else "",
        )

    def _name(self, node: ast.expr) -> tuple[str | None, bool]:
        match self._parents.get(node):
            case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name, True
            case ast.NamedExpr(target=ast.Name(id=name)):
                return name, True
            case ast.keyword(arg=str() as name):
                return name, False
            case ast.Dict(keys=keys, values=values):
                key = keys[values.index(node)] if node in values else None
                return (
                    (key.value, False)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                    else (None, False)
                )
            case _:
                return None, False

    def _note_assignment(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case _:
                return
        for target, value in pairs:
            for name, text in _targets(target, value):
                found = Expression(text, node.lineno, name, assigned=True, comment=self._comment(node.lineno))
                self.assignments.setdefault(name, []).append(found)

    def _line(self, line: int) -> str:
        return self._lines[line - 1] if line <= len(self._lines) else ""

    def _comment(self, line: int) -> str:
        found = re.search(r"\s#\s*([^\"']*)$", self._line(line).rstrip())
        return "" if found is None else found[1].strip()


def _targets(target: ast.expr, value: ast.expr) -> list[tuple[str, str]]:
    """Names that an assignment binds, each with what it is bound to."""
    match target:
        case ast.Name(id=name):
            return [(name, ast.unparse(value))]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            values = (
                value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(parts) else [value] * len(parts)
            )
            return [pair for part, each in zip(parts, values, strict=True) for pair in _targets(part, each)]
        case _:
            return []


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # a notebook's cell may hold what is no Python
        return ast.Module([], [])


_files: dict[tuple[str, int], _File] = {}


def _file(filename: str) -> _File:
    lines = linecache.getlines(filename)
    key = filename, hash(tuple(lines))
    if key not in _files:
        _files[key] = _File(lines)
    return _files[key]
