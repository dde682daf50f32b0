"""How tensors go from one process to another: in memory that both see where the system has that, else down the pipe."""

import mmap
import os
import socket
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


def send_tensors(connection: Connection, tensors: Sequence[Tensor]) -> None:
    """Send contiguous tensors."""
    if SHARES_MEMORY:
        _share(connection, tensors)
        return
    for tensor in tensors:
        connection.send_bytes(_bytes_of(tensor))


def receive_tensors(connection: Connection, shapes: Sequence[Shape]) -> tuple[Tensor, ...]:
    """Receive tensors of these types and shapes."""
    if SHARES_MEMORY:
        return _shared(connection, shapes)
    tensors = tuple(torch.empty(shape, dtype=dtype) for dtype, shape in shapes)
    for tensor in tensors:
        connection.recv_bytes_into(_bytes_of(tensor))
    return tensors


def _share(connection: Connection, tensors: Sequence[Tensor]) -> None:
    """Write them into a file that has no name, and hand it over."""
    with os.fdopen(os.memfd_create("tensors"), "wb", buffering=0) as file, _socket_of(connection) as socket_:
        starts = _starts([(tensor.dtype, tuple(tensor.shape)) for tensor in tensors])
        file.truncate(starts[-1])
        for start, tensor in zip(starts, tensors, strict=False):
            file.seek(start)
            content = _bytes_of(tensor)
            while content:
                content = content[file.write(content) :]
        socket.send_fds(socket_, [b"."], [file.fileno()])


def _shared(connection: Connection, shapes: Sequence[Shape]) -> tuple[Tensor, ...]:
    """The tensors in the file; the memory is freed with the last of them."""
    with _socket_of(connection) as socket_:
        _, files, _, _ = socket.recv_fds(socket_, 1, 1)
    if not files:
        raise EOFError
    starts = _starts(shapes)
    try:
        memory = mmap.mmap(files[0], starts[-1], access=mmap.ACCESS_COPY) if starts[-1] else b""
    finally:
        os.close(files[0])
    return tuple(
        torch.frombuffer(memory, dtype=dtype, count=prod(shape), offset=start).reshape(shape)
        if prod(shape)
        else torch.empty(shape, dtype=dtype)
        for start, (dtype, shape) in zip(starts, shapes, strict=False)
    )


def _starts(shapes: Sequence[Shape]) -> list[int]:
    """Where each tensor begins, and at last where the file ends."""
    sizes = (prod(shape) * dtype.itemsize for dtype, shape in shapes)
    return list(accumulate((-(-size // ALIGNMENT) * ALIGNMENT for size in sizes), initial=0))


def _socket_of(connection: Connection) -> socket.socket:
    """The socket under a connection; closing it leaves the connection open."""
    return socket.socket(fileno=os.dup(connection.fileno()))


def _bytes_of(tensor: Tensor) -> memoryview:
    return tensor.reshape(-1).view(torch.uint8).numpy().data
