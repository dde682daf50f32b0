"""Parameter names of a function, read from its source file without running it."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def parameter_names(file: Path, name: str) -> tuple[str, ...]:
    """Names of the parameters that are passed to a function of a file, keyword-only ones with a default left out.

    An assigned function, such as a bound method, a closure, `functools.partial` or a callable object, is followed to
    the functions and classes that its assignment mentions, and an imported one to its module beside the file. Then the
    names are those of every function that may be meant.

    Returns:
        No names if the file cannot be parsed, or if no function is found.
    """
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ()
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return tuple(_own_names(statement))
    return tuple(dict.fromkeys(_names(file, name, set())))


def _names(file: Path, name: str, seen: set[tuple[Path, str]]) -> Iterator[str]:
    """Parameters of every function that a name may mean; `seen` ends circles."""
    if (file, name) in seen:
        return
    seen.add((file, name))
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS) and node.name == name:
            yield from chain.from_iterable(map(_own_names, _functions_in(node)))
        elif isinstance(node, ast.Assign) and any(_is_name(target, name) for target in node.targets):
            yield from chain.from_iterable(map(_own_names, _functions_in(node.value)))
            for module, mentioned in _mentioned(node.value, _modules(file, tree)):
                yield from _names(module or file, mentioned, seen)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    yield from _names(_module_file(file, node.module or "", node.level), alias.name, seen)


def _own_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[str]:
    of = function.args
    needed = (each for each, default in zip(of.kwonlyargs, of.kw_defaults, strict=True) if default is None)
    return (each.arg for each in (*of.posonlyargs, *of.args, *needed))


def _functions_in(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    return (each for each in ast.walk(node) if isinstance(each, FUNCTIONS))


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _mentioned(value: ast.AST, modules: dict[str, Path]) -> Iterator[tuple[Path | None, str]]:
    """Names in an expression, the last one of `a.b`, with the file of their module where they belong to one."""
    if isinstance(value, ast.Attribute):
        yield modules.get(value.value.id) if isinstance(value.value, ast.Name) else None, value.attr
    elif isinstance(value, ast.Name):
        yield None, value.id
    else:
        for child in ast.iter_child_nodes(value):
            yield from _mentioned(child, modules)


def _modules(file: Path, tree: ast.Module) -> dict[str, Path]:
    """Files of the modules that a file imports, by the name it gives them."""
    imports = (alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    return {alias.asname or alias.name: _module_file(file, alias.name, 0) for alias in imports}


def _module_file(file: Path, module: str, level: int) -> Path:
    """Where a module lies if it is beside the file, whose folder Python searches first."""
    folder = file.parents[max(0, level - 1)]
    path = folder.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")
