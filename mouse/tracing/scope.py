"""A running user function: its position, and the tensors in its variables."""

from dataclasses import dataclass, field
from types import CodeType, FrameType

from mouse.tracing.recording import Name, Value
from mouse.tracing.source import Expression


@dataclass
class Scope:
    """One call of a function."""

    frame: FrameType
    """Held, so that its variables can be read after it ended, and its address stands for no other frame."""
    function: str
    depth: int
    inside: bool
    """Whether it is the loss or called by it, and no decorator around it."""
    caller: "Scope | None"
    since: int = 0
    """Line that ran at the look before the last one."""
    looked: int = 0
    """Line that ran at the last look."""
    variables: dict[str, object] = field(default_factory=dict[str, object])
    """As they were when last looked at."""
    expected: dict[str, tuple[int, Name]] = field(default_factory=dict[str, tuple[int, Name]])
    """Names that the source gives to values by where they stand, until a variable shows it."""

    @property
    def callers(self) -> tuple[int, ...]:
        """Instructions from which it was called, the outermost first."""
        return () if self.caller is None else (*self.caller.callers, self.caller.frame.f_lasti)

    @property
    def line(self) -> int:
        """Line of the loss itself that runs, here or in what it calls."""
        return self.caller.line if self.caller is not None and self.caller.inside else self.frame.f_lineno

    def line_of(self, value: Value) -> int:
        """Line of this function that computed a value; 0 where another one did."""
        if value.callers == self.callers:
            return value.expression.line
        return value.line if self.depth == 0 else 0

    def look(self) -> dict[str, object]:
        """Variables that were bound anew since the last look."""
        self.since, self.looked = self.looked, self.frame.f_lineno
        before, self.variables = self.variables, dict(self.frame.f_locals)
        return {name: value for name, value in self.variables.items() if before.get(name) is not value}

    def variable_of(self, value: object) -> str | None:
        """A variable that holds a value."""
        return next((name for name, each in self.variables.items() if each is value), None)

    def name(self, name: str, expression: Expression) -> Name:
        """A name in this function."""
        return Name(name, self.function, expression, self.depth, self.line, self.callers)


def scope_of(frame: FrameType, caller: Scope | None, loss: CodeType | None) -> Scope:
    """The scope of a frame; lambdas and comprehensions belong to the function that runs them."""
    code = frame.f_code
    inside = loss is None or code is loss or (caller is not None and caller.inside)
    if caller is not None and code.co_name.startswith("<"):
        return Scope(frame, caller.function, caller.depth, inside, caller)
    function = code.co_qualname.rpartition("<locals>.")[2]
    depth = caller.depth + 1 if caller is not None and caller.inside else 0
    return Scope(frame, function, depth, inside, caller)


@dataclass(frozen=True)
class Place:
    """Where an operation stands."""

    scopes: list[Scope]
    """The functions that run, the loss first."""
    expression: Expression
    instruction: tuple[int, ...]
    """Equal where the same operation runs again."""

    @property
    def scope(self) -> Scope:
        """The function whose source it is."""
        return self.scopes[-1]

    def made(self, value: Value) -> bool:
        """Whether a value was made here before, as in a loop."""
        return value.expression == self.expression and value.callers == self.scope.callers
