"""The syntax tree of a file, indexed by source positions."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

Span = tuple[int | None, int | None, int | None, int | None]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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
    comment: str = ""
    """The comment at the end of its line."""


class File:
    """What stands where in a file."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self._nodes: dict[Span, ast.AST] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        self._assignments: dict[tuple[int, str], list[Expression]] = {}
        self._expressions: dict[Span, Expression] = {}
        self._statements: dict[int, int] = {}
        """First line of the statement that a line belongs to, of those that hold no other statement."""
        for node in ast.walk(_parsed("".join(lines))):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
            if isinstance(node, ast.expr | ast.stmt):
                place = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
                self._nodes.setdefault(place, node)  # the outer one of several, which comes first
                if isinstance(node, ast.stmt) and not hasattr(node, "body"):
                    of_statement = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                    self._statements.update(dict.fromkeys(of_statement, node.lineno))
                for name, text in _bindings(node):
                    found = Expression(text, node.lineno, name, assigned=True, comment=self._comment(node.lineno))
                    self._assignments.setdefault((self._first_line(node), name), []).append(found)
        for assignments in self._assignments.values():
            assignments.sort(key=lambda each: each.line)

    def expression(self, span: Span) -> Expression:
        """What stands at a place; the line where no node does."""
        found = self._expressions.get(span)
        if found is None:
            found = self._expressions[span] = self._expression(span)
        return found

    def assignment(self, name: str, function: int, made: int, since: int, line: int) -> Expression | None:
        """The assignment that bound a variable between two lines of the function that starts at line `function`.

        If the statement at line `made`, which computed the value, binds it, it is that one. What runs at
        `line` has bound nothing yet; where a loop has begun anew, `since` lies below it.
        """
        every = self._assignments.get((function, name), ())
        computing, begun, running = (self._statements.get(each, each) for each in (made, since, line))
        own = [each for each in every if self._statements.get(each.line, each.line) == computing]
        between = [each for each in every if begun <= each.line < running]
        around = [each for each in every if each.line >= begun] if begun >= running else []
        found = own or between or around or [each for each in every if each.line <= line]
        return found[-1] if found else None

    def _expression(self, span: Span) -> Expression:
        node = self._nodes.get(span)
        line = span[0] or 1
        changed = self._changed(node)
        if changed is not None:
            statement, target = changed
            name = target.id if isinstance(target, ast.Name) else None
            return Expression(ast.unparse(statement), line, name, assigned=True, comment=self._comment(line))
        if isinstance(node, ast.Expr | ast.Return):
            node = node.value
        if not isinstance(node, ast.expr):
            return Expression(self._line(line).partition("#")[0].strip(), line, comment=self._comment(line))
        name, assigned = self._name(node)
        returned = isinstance(self._parents.get(node), ast.Return | ast.Lambda)
        comment = self._comment(line) if assigned else ""
        return Expression(ast.unparse(node), line, name, returned, assigned, comment)

    def _changed(self, node: ast.AST | None) -> tuple[ast.AST, ast.expr] | None:
        """The statement and the target of an assignment that changes: ``x += y``, ``x[i] = y``."""
        match node:
            case ast.AugAssign(target=target):
                return node, target
            case ast.Subscript(ctx=ast.Store(), value=target):
                return self._statement(node), target
            case _:
                return None

    def _statement(self, node: ast.AST) -> ast.AST:
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def _name(self, node: ast.expr) -> tuple[str | None, bool]:
        """The name that the value of an expression gets, and whether it is a variable."""
        match self._parents.get(node):
            case (
                ast.Assign(targets=[ast.Name(id=name), *_])
                | ast.AnnAssign(target=ast.Name(id=name))
                | ast.NamedExpr(target=ast.Name(id=name))
            ):
                return name, True
            case ast.keyword(arg=str() as name):
                return name, False
            case ast.Dict(keys=keys, values=values) if node in values:
                key = keys[values.index(node)]
                return (
                    (key.value, False)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                    else (None, False)
                )
            case _:
                return None, False

    def _first_line(self, node: ast.AST) -> int:
        """First line of the function that a node stands in; 1 where it stands in none."""
        while not isinstance(node, Function):
            if node not in self._parents:
                return 1
            node = self._parents[node]
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        return min([node.lineno, *(each.lineno for each in decorators)])

    def _line(self, line: int) -> str:
        return self._lines[line - 1] if line <= len(self._lines) else ""

    def _comment(self, line: int) -> str:
        found = re.search(r"\s#\s*([^\"']*)$", self._line(line).rstrip())
        return "" if found is None else found[1].strip()


@lru_cache(maxsize=64)
def file_of(_filename: str, lines: tuple[str, ...]) -> File:
    """Parse a file, once for each of its contents."""
    return File(lines)


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that a statement or a walrus binds, each with what it is bound to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _targets(target, value)
        case ast.For(target=target, iter=value):
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    yield part.id, ast.unparse(value)
        case _:
            return


def _targets(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    match target:
        case ast.Name(id=name):
            yield name, ast.unparse(value)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            if isinstance(value, ast.Tuple) and len(value.elts) == len(parts):
                for part, each in zip(parts, value.elts, strict=True):
                    yield from _targets(part, each)
                return
            for index, part in enumerate(parts):
                item = ast.Subscript(value, ast.Constant(index), ast.Load())
                yield from _targets(part, item)
        case _:
            return


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:  # a notebook's cell may hold what is no Python
        return ast.Module([], [])
