"""The dashboard's side of a function's process: start it, call it, kill it on a timeout, restart it."""

import multiprocessing
import threading
import time
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.cancel import CancelToken, ClientGoneError
from mouse_dashboard.compute.functions.messages import (
    Call,
    CallChannel,
    Description,
    FunctionProblem,
    Message,
    Tensors,
)
from mouse_dashboard.compute.functions.worker import serve

POLL_SECONDS = 0.05
STALE_SECONDS = 1.0
"""A call that nobody waits for any more may take so long; then it is cut off."""
LOADING_SECONDS = 60.0
"""How long a file may take to load: it imports what it likes."""


@cache
def _context() -> ForkServerContext:
    """Fork from one server process that has torch loaded: a restart takes milliseconds, not seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mouse_dashboard.compute.functions.worker"])
    return context


class FunctionProcess:
    """A loss function in its own process. Thread-safe: calls wait for each other."""

    def __init__(self, address: FunctionAddress, seconds: float, memory_bytes: int) -> None:
        self.address = address
        self._generation = 0
        self._files = {address.file}
        """Its file and the modules that it imports, those of earlier loads too: one may not load now."""
        self._load_began = 0.0
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._channel: CallChannel | None = None
        self._description = Description(address.name, "")
        self._loaded = threading.Event()
        threading.Thread(target=self.reload, daemon=True).start()  # torch takes seconds to load

    @property
    def description(self) -> Description:
        """The function's description; waits until its file is loaded for the first time."""
        self._loaded.wait()
        return self._description

    @property
    def generation(self) -> int:
        """How often the file was loaded: results of an earlier generation are stale. Waits for the first load."""
        self._loaded.wait()
        return self._generation

    @property
    def folders(self) -> set[Path]:
        """The folders of its files."""
        return {file.parent for file in self._files}

    @property
    def is_stale(self) -> bool:
        """Whether a file was saved since it was loaded; the clock of its disk may run ahead of the local one."""
        return any(self._load_began < saved <= time.time() for saved in map(_time_saved, self._files))

    def reload(self) -> None:
        """Load the file in a new process; a running call is aborted, because its function no longer exists."""
        process = self._process  # the call may end it at this moment
        if process is not None:
            process.kill()
        with self._lock:
            self._end()
            self._load_began = time.time()
            self._start()
            self._generation += 1
            self._loaded.set()

    def call(self, call: Call, token: CancelToken) -> tuple[Message, Tensors]:
        """Send a call and wait for the reply.

        Raises:
            ClientGoneError: the client went away.
            ApiError: the time of the request is over.
        """
        while not self._lock.acquire(timeout=POLL_SECONDS):
            token.check()
        try:
            token.check()
            if self._process is None or not self._process.is_alive():  # killed, such as by a system short of memory
                self._end()
                self._start()
            if self._description.problem is not None:
                return self._description.problem, ()
            assert self._channel is not None  # noqa: S101
            return self._ask(self._channel, call, token)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        ours, its = multiprocessing.Pipe()
        process = _context().Process(target=serve, args=(its, self.address, self._memory_bytes), daemon=True)
        try:
            process.start()
        except (EOFError, OSError):  # the dashboard is being stopped, and with it what processes are forked from
            problem = FunctionProblem(f"{self.address.name}: its process could not be started; start mouse again.")
            self._description = Description(self.address.name, "", problem=problem)
            return
        self._process = process
        its.close()
        self._channel = CallChannel(ours)
        reply, _ = self._receive(self._channel, time.monotonic() + LOADING_SECONDS, None)
        if isinstance(reply, FunctionProblem):
            self._description = Description(self.address.name, "", problem=reply)
        elif isinstance(reply, Description):
            self._description = reply
            self._files = self._files | set(map(Path, reply.files))  # others read the earlier set at this moment

    def _ask(self, channel: CallChannel, call: Call, token: CancelToken) -> tuple[Message, Tensors]:
        try:
            channel.send(call)
        except OSError:
            return FunctionProblem(self._crashed()), ()
        return self._receive(channel, time.monotonic() + self._seconds, token)

    def _receive(self, channel: CallChannel, deadline: float, token: CancelToken | None) -> tuple[Message, Tensors]:
        gone: Exception | None = None
        try:
            while not channel.poll(POLL_SECONDS):
                if time.monotonic() > deadline:
                    self._end()
                    reply: tuple[Message, Tensors] = FunctionProblem(self._too_slow()), ()
                    break
                try:
                    if token is not None and gone is None:
                        token.check()
                except ClientGoneError as error:  # most calls are done in a moment, and the process is worth keeping
                    gone, deadline = error, min(deadline, time.monotonic() + STALE_SECONDS)
            else:
                reply = channel.receive()
        except (EOFError, OSError):
            return FunctionProblem(self._crashed()), ()
        except Exception:
            self._end()
            raise
        if gone is not None:
            raise gone
        return reply

    def _too_slow(self) -> str:
        return (
            f"{self.address.name}: found more than {self._seconds:g} s of work, expected less; "
            "make it faster, use a smaller batch or raise MOUSE_FUNCTION_SECONDS."
        )

    def _crashed(self) -> str:
        process = self._process
        if process is not None:
            process.join(1)
        code = process.exitcode if process is not None else None
        self._end()
        return (
            f"{self.address.name}: found its process ended (exit code {code}), expected a result; "
            "it may need more memory than MOUSE_FUNCTION_BYTES, or crash in compiled code."
        )

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(1)
            self._process = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None


def _time_saved(file: Path) -> float:
    """Modification time; None while an editor replaces the file."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
