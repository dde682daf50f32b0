"""Transfer tensors between processes: in shared memory where the system has it, else through the pipe.

The receiver lends a memory file before each call, and the sender writes the tensors into it. A file whose tensors
are gone is lent again: to allocate and to map ten megabytes anew took longer than the loss.
"""

import mmap
import os
import socket
import weakref
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import prod
from multiprocessing.connection import Connection

import torch
from torch import Tensor

SHARES_MEMORY = hasattr(os, "memfd_create")
"""Linux alone can. A pipe copies four times, which took as long as the loss: 15 ms for ten megabytes."""
ALIGNMENT = 64
"""Bytes at whose multiples a tensor begins, as torch's own allocations do: a sum may round otherwise elsewhere."""
Shape = tuple[torch.dtype, tuple[int, ...]]


class TensorReceiver:
    """The receiving end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unused = deque[_MemoryFile](maxlen=1)
        self._lent: _MemoryFile | None = None

    def lend(self) -> None:
        """Hand over memory for the next tensors."""
        if not SHARES_MEMORY:
            return
        if self._lent is None:  # else the last answer had no tensors
            try:
                self._lent = self._unused.pop()
            except IndexError:
                self._lent = _MemoryFile()
        with _socket_of(self._connection) as socket_:
            socket.send_fds(socket_, [b"."], [self._lent.descriptor])

    def receive(self, shapes: Sequence[Shape]) -> tuple[Tensor, ...]:
        """Receive tensors of these types and shapes; their memory is lent again when the last of them is gone.

        Raises:
            EOFError: the other end is gone.
        """
        if not SHARES_MEMORY:
            tensors = tuple(torch.empty(shape, dtype=dtype) for dtype, shape in shapes)
            for tensor in tensors:
                self._connection.recv_bytes_into(_bytes_of(tensor))
            return tensors
        self._connection.recv_bytes()
        file, self._lent = self._lent, None
        assert file is not None, "memory is lent before each question"  # noqa: S101
        starts = _starts(shapes)
        content = file.content(starts[-1])
        weakref.finalize(content, self._unused.append, file).atexit = False
        return tuple(
            torch.frombuffer(content, dtype=dtype, count=prod(shape), offset=start).reshape(shape)
            if prod(shape)
            else torch.empty(shape, dtype=dtype)
            for start, (dtype, shape) in zip(starts, shapes, strict=False)
        )


class TensorSender:
    """The sending end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._borrowed: int | None = None

    def borrow(self) -> None:
        """Take the memory for the next tensors.

        Raises:
            EOFError: the other end is gone.
        """
        if not SHARES_MEMORY:
            return
        self.close()
        with _socket_of(self._connection) as socket_:
            _, files, _, _ = socket.recv_fds(socket_, 1, 1)
        if not files:
            raise EOFError
        self._borrowed = files[0]

    def send(self, tensors: Sequence[Tensor]) -> None:
        """Send contiguous tensors."""
        if not SHARES_MEMORY:
            for tensor in tensors:
                self._connection.send_bytes(_bytes_of(tensor))
            return
        assert self._borrowed is not None, "memory is borrowed before each answer"  # noqa: S101
        _write(self._borrowed, tensors)
        self.close()
        self._connection.send_bytes(b"written")

    def close(self) -> None:
        """Release the borrowed memory."""
        if self._borrowed is not None:
            os.close(self._borrowed)
            self._borrowed = None


class _MemoryFile:
    """An anonymous file in memory."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("tensors")
        weakref.finalize(self, os.close, self.descriptor)
        self._mapped: mmap.mmap | None = None

    def content(self, size: int) -> memoryview:
        """The first `size` bytes, without a copy."""
        if not size:
            return memoryview(bytearray())
        if self._mapped is None or len(self._mapped) < size:
            self._mapped = mmap.mmap(self.descriptor, size)
        return memoryview(self._mapped)


def _write(descriptor: int, tensors: Sequence[Tensor]) -> None:
    starts = _starts([(tensor.dtype, tuple(tensor.shape)) for tensor in tensors])
    if os.fstat(descriptor).st_size < starts[-1]:
        os.ftruncate(descriptor, starts[-1])
    for start, tensor in zip(starts, tensors, strict=False):
        content = _bytes_of(tensor)
        while content:
            written = os.pwrite(descriptor, content, start)
            content, start = content[written:], start + written  # noqa: PLW2901


def _starts(shapes: Sequence[Shape]) -> list[int]:
    """Offset of each tensor, and of the end of the file."""
    sizes = (prod(shape) * dtype.itemsize for dtype, shape in shapes)
    return list(accumulate((-(-size // ALIGNMENT) * ALIGNMENT for size in sizes), initial=0))


def _socket_of(connection: Connection) -> socket.socket:
    """The socket under a connection; closing it leaves the connection open."""
    return socket.socket(fileno=os.dup(connection.fileno()))


def _bytes_of(tensor: Tensor) -> memoryview:
    return tensor.reshape(-1).view(torch.uint8).numpy().data
