"""The worker process of a loss function: loads the function's file and serves the dashboard's calls."""

import dataclasses
import signal
import sys
import time
import traceback
from collections import OrderedDict
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import ValidationError
from tensordict import TensorDictBase
from torch import Tensor

from mouse.batch import load_batch
from mouse.diagnosis import function_report
from mouse.diagnosis.finding import Finding
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.gradient import length
from mouse.losses.term import TermInfo
from mouse.threads import one_thread
from mouse.tracing.explained import Explained
from mouse.tracing.function_file import FunctionAddress
from mouse.tracing.signature import Signature, signature_of
from mouse.tracing.trace import LossFunctionError, trace
from mouse_dashboard.compute.functions.messages import (
    GRADIENT,
    AnswerChannel,
    Call,
    Description,
    FunctionProblem,
    Message,
    Tensors,
    TracedCall,
    TracedFindings,
    TracedGradients,
)
from mouse_dashboard.compute.functions.plain_knob import PlainKnob
from mouse_dashboard.compute.functions.source_files import files_of_error, imported_files
from mouse_dashboard.compute.non_finite import health_of
from mouse_dashboard.compute.parent import end_with_parent
from mouse_dashboard.tuning.malloc import keep_freed_memory

REMEMBERED_CALLS = 2
"""Calls whose graph is there for gradients."""
RANDOM = "The function draws random numbers: every call gets the same ones."


def serve(connection: Connection, address: FunctionAddress, memory_bytes: int) -> None:
    """Answer requests one by one until the dashboard is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is meant for the dashboard, which ends this process
    end_with_parent()
    keep_freed_memory()
    _limit_memory(memory_bytes)
    sys.stdout = sys.stderr  # the dashboard's own output is its link
    sys.dont_write_bytecode = True  # nothing is left in the user's folder, and none is stale after two quick saves
    worker, channel = _Worker(address), AnswerChannel(connection)
    channel.send(worker.description)
    while True:
        try:
            call = channel.receive()
        except (EOFError, OSError):
            return
        channel.send(*worker.answer(call))


class _Worker:
    def __init__(self, address: FunctionAddress) -> None:
        self._address = address
        self._signature: Signature | None = None
        self._calls: OrderedDict[tuple[str, LossConfig], Explained] = OrderedDict()
        self.description = self._describe()

    def _describe(self) -> Description:
        earlier = frozenset(sys.modules)
        try:
            signature = signature_of(self._address.load(), self._address.name)
        except (SystemExit, Exception) as error:  # noqa: BLE001  whatever the user's file raises
            files = imported_files(earlier) | files_of_error(error)
            return Description(self._address.name, "", problem=self._problem(error), files=tuple(sorted(files)))
        self._signature = signature
        knobs = tuple(map(PlainKnob.of, signature.knobs.values()))
        files = tuple(sorted(imported_files(earlier)))
        return Description(signature.name, signature.doc, knobs, signature.fields, files=files)

    def _problem(self, error: BaseException) -> FunctionProblem:
        folder = str(self._address.file.parent)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
        what = traceback.format_exception_only(error)
        line = (
            getattr(error, "lineno", None) if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
        )
        where = f" at line {line}" if line else ""
        own = isinstance(error, ValueError) and not frames
        message = (
            str(error) if own else f"{self._address.file.name}: raised {what[-1].strip()}{where}; repair and save it."
        )
        return FunctionProblem(message, "" if own else "".join([*traceback.format_list(frames), *what]))

    def answer(self, call: Call) -> tuple[Message, Tensors]:
        """Call the function, or return why that failed."""
        try:
            return self._computed(call)
        except LossFunctionError as error:
            return FunctionProblem(str(error), error.traceback), ()
        except (BatchError, MissingFieldError) as error:
            code = "missing_field" if isinstance(error, MissingFieldError) else "unusable_batch"
            return FunctionProblem(str(error), code=code, field=error.field), ()
        except ValidationError as error:  # asked for while the file was saved with other parameters
            found = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
            return FunctionProblem(f"{self._address.name}: found other parameters than its file has ({found})."), ()
        except MemoryError as error:
            return FunctionProblem(f"{self._address.name}: found not enough memory for it ({error})."), ()
        except (SystemExit, KeyboardInterrupt) as error:  # raised by the function: Ctrl+C does not reach this process
            return self._problem(error), ()

    def _computed(self, call: Call) -> tuple[Message, Tensors]:
        start = time.thread_time()
        explained = self._explained(call)
        if call.wanted == "gradients":
            return _gradients(explained)
        if call.wanted == "findings":
            return _findings(explained, self._address.name)
        with one_thread():  # the call itself and its gradients run as in training
            return _traced(explained, start)

    def _explained(self, call: Call) -> Explained:
        assert self._signature is not None, "a function that was not loaded is not called"  # noqa: S101
        cfg = self._signature.config(**call.config)
        key = call.path, cfg
        if key not in self._calls:
            step_stream, out = to_function_shape(*_stored_batch(Path(call.path)))
            made = Explained(self._signature, cfg, step_stream, out, trace(self._signature, step_stream, out, cfg))
            self._calls[key] = made
            while len(self._calls) > REMEMBERED_CALLS:
                self._calls.popitem(last=False)
        self._calls.move_to_end(key)
        return self._calls[key]


def _stored_batch(path: Path) -> tuple[TensorDictBase, TensorDictBase]:
    try:
        return load_batch(path)
    except FileNotFoundError as error:  # deleted meanwhile
        raise BatchError("batch", "no file any more", "a stored batch", "send it again") from error


def to_function_shape(step_stream: TensorDictBase, out: TensorDictBase) -> tuple[TensorDictBase, TensorDictBase]:
    """Sequences of one step are unordered items: shape ``[N]`` for the function."""
    if step_stream.batch_size[1] != 1:
        return step_stream, out
    return step_stream[:, 0], out[:, 0]


def _traced(explained: Explained, start: float) -> tuple[TracedCall, Tensors]:
    traced, made = explained.traced, explained.trace
    terms = traced.terms
    reachable = {name: term for name, term in terms.items() if term.serial >= 0 and term.tensor.requires_grad}
    heads = {name: value for name, value in made.heads.items() if value.requires_grad and name not in terms}
    infos = [_gradient_info(name, term.info.dims) for name, term in reachable.items()]
    infos += [_gradient_info(name, made.places.dims(value.shape) or ()) for name, value in heads.items()]
    call = TracedCall(
        metrics=dict(made.metrics),
        infos=tuple(term.info for term in terms.values()),
        others=tuple({name: value for name, value in vars(each).items() if name != "tensor"} for each in traced.others),
        unnamed=frozenset(name for name, term in terms.items() if not term.named),
        helpers=_helpers(explained),
        scalars=_scalars(explained),
        health=health_of({name: term.values for name, term in terms.items()}),
        head_sizes={name: value.shape[made.places.batch_dims :].numel() for name, value in heads.items()},
        gradient_infos=tuple(infos),
        reason=traced.contributions.reason,
        note=RANDOM if made.is_random else "",
        seconds=time.thread_time() - start,
    )
    return call, (made.loss, *(term.values for term in terms.values()))


def _scalars(explained: Explained) -> dict[str, float]:
    """Expressions with a scalar value; none that occurs in several calls with different values."""
    last: dict[str, Tensor] = {}
    calls: dict[str, set[tuple[str, tuple[int, ...]]]] = {}
    for each in explained.trace.recording.values.values():
        last[each.expression.text] = each.tensor
        calls.setdefault(each.expression.text, set()).add((each.function, each.callers))
    alone = {text: tensor for text, tensor in last.items() if tensor.numel() == 1 and len(calls[text]) == 1}
    return {text: float(tensor.detach()) for text, tensor in alone.items()}


def _helpers(explained: Explained) -> dict[str, str]:
    values = explained.trace.recording.values
    functions = {
        name: values[term.serial].function for name, term in explained.traced.terms.items() if term.serial >= 0
    }
    return {name: function for name, function in functions.items() if name.startswith(f"{function}.")}


def _gradient_info(name: str, dims: tuple[str, ...]) -> TermInfo:
    doc = f"How the loss changes with {name}; training moves it the other way."
    return TermInfo(f"d loss / d {name}", doc, signed=True, name=f"{GRADIENT}{name}", dims=dims)


def _gradients(explained: Explained) -> tuple[TracedGradients, Tensors]:
    made = explained.trace
    heads = {name: value for name, value in made.heads.items() if value.requires_grad}
    of_heads = dict(zip(heads, explained.gradients(list(heads.values())), strict=True))
    found = {name: made.places.grid(value) for name, value in of_heads.items() if value is not None}
    squares = sum(float(length(value.double())) ** 2 for value in found.values())
    values = {**found, **explained.term_gradients()}
    return TracedGradients(tuple(f"{GRADIENT}{name}" for name in values), squares**0.5), tuple(values.values())


def _without_masks(finding: Finding) -> Finding:
    """The finding without its masks, as JSON can hold it, with its consequences."""
    return dataclasses.replace(finding, mask=None, consequences=tuple(map(_without_masks, finding.consequences)))


def _findings(explained: Explained, name: str) -> tuple[TracedFindings, Tensors]:
    report = function_report(explained, name)
    masks = {index: each.mask for index, each in enumerate(report) if each.mask is not None}
    plain = tuple(dataclasses.asdict(_without_masks(each)) for each in report)
    skipped = tuple(map(dataclasses.astuple, report.not_checked))
    in_part = tuple(map(dataclasses.astuple, report.partly_checked))
    return TracedFindings(plain, tuple(masks), report.checked, skipped, in_part), tuple(masks.values())


def _limit_memory(size: int) -> None:
    """Limit what the function may allocate beyond the memory already in use."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  there is none on Windows

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + size, used + size))
