"""The loss registry of an application: declared losses, and users' functions as their files are now."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mouse.batch import RECORDED
from mouse.losses.loss import AnyLoss
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.functions.function_loss import FunctionLoss, function_loss
from mouse_dashboard.compute.functions.process import FunctionProcess
from mouse_dashboard.compute.recorded_loss import RECORDED_LOSS


class LossRegistry(Mapping[str, AnyLoss]):
    """Losses by name: users' functions first, the recorded loss last. Starts and ends the process of each function."""

    def __init__(
        self, declared: Mapping[str, AnyLoss], functions: Sequence[FunctionAddress], seconds: float, memory_bytes: int
    ) -> None:
        self._declared = {**declared, RECORDED: RECORDED_LOSS}
        self._processes = {each.name: FunctionProcess(each, seconds, memory_bytes) for each in functions}
        self._functions: dict[str, FunctionLoss] = {}

    def __getitem__(self, name: str) -> AnyLoss:
        process = self._processes.get(name)
        if process is None:
            return self._declared[name]
        known = self._functions.get(name)
        if known is None or known.generation != process.generation:
            known = self._functions[name] = function_loss(process)
        return known

    def __iter__(self) -> Iterator[str]:
        yield from self._processes
        yield from self._declared

    def __len__(self) -> int:
        return len(self._processes) + len(self._declared)

    @property
    def folders(self) -> set[Path]:
        """Folders of the functions' files and of the modules that they import."""
        return {folder for process in self._processes.values() for folder in process.folders}

    @property
    def is_stale(self) -> bool:
        """Whether a file was saved since it was loaded."""
        return any(process.is_stale for process in self._processes.values())

    def reload(self) -> None:
        """Reload every function's file: they may import each other."""
        for process in self._processes.values():
            process.reload()

    def close(self) -> None:
        """End the processes."""
        for process in self._processes.values():
            process.close()


def check_names(functions: Sequence[FunctionAddress], declared: Mapping[str, AnyLoss]) -> None:
    """Refuse duplicate names.

    Raises:
        ValueError: two losses would have one name.
    """
    seen = {*declared, RECORDED}
    for each in functions:
        if each.name in seen:
            raise ValueError(f"--loss {each}: found another loss {each.name!r}, expected distinct names; rename it.")
        seen.add(each.name)
