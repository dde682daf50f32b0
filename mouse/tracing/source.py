"""Locate an operation in a function's source: its expression, and the name of its result."""

import linecache
from dataclasses import dataclass
from types import CodeType, FrameType

from mouse.tracing.syntax import Expression, File, Span, file_of

__all__ = ["Expression", "Source"]

UNKNOWN: Span = (None, None, None, None)


@dataclass(frozen=True)
class _Code:
    file: File
    spans: list[Span]


class Source:
    """The source of the functions of one call, read once."""

    def __init__(self) -> None:
        self._codes: dict[int, _Code] = {}
        self._held: list[CodeType] = []

    def expression_at(self, frame: FrameType) -> Expression:
        """The expression that a frame is working on."""
        code = self._code(frame.f_code)
        span = code.spans[frame.f_lasti // 2]
        return code.file.expression(span if None not in span else (frame.f_lineno, None, None, None))

    def assignment_of(self, frame: FrameType, name: str, made: int, since: int) -> Expression | None:
        """The assignment that bound a variable since a line ran; None where the source shows none.

        Line `made` is the one that computed the value; 0 where none did.
        """
        file = self._code(frame.f_code).file
        return file.assignment(name, frame.f_code.co_firstlineno, made, since, frame.f_lineno)

    def _code(self, code: CodeType) -> _Code:
        found = self._codes.get(id(code))  # equal codes may be of different files
        if found is None:
            file = file_of(code.co_filename, tuple(linecache.getlines(code.co_filename)))
            found = self._codes[id(code)] = _Code(file, list(code.co_positions()))
            self._held.append(code)
        return found
