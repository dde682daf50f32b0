"""Unsupported file formats: recognise them by name, and tell how to convert them."""

import re
import struct
from typing import NamedTuple

from mouse_dashboard.reading.formats import ACCEPTED
from mouse_dashboard.schema.errors import ApiError

RLDS = (
    'convert it where TensorFlow is: python -c "import numpy as np, tensorflow_datasets as tfds; '
    "flat = lambda d, p='': {n: v for k, x in d.items() for n, v in "
    "(flat(x, p + k + '.').items() if isinstance(x, dict) else [(p + k, x)])}; "
    "episodes = tfds.as_numpy(tfds.builder_from_directory('FOLDER').as_dataset(split='all')); "
    "steps = [flat({**s, 'episode_id': i}) for i, e in enumerate(episodes) for s in e['steps']]; "
    "np.savez('steps.npz', **{k: np.stack([s[k] for s in steps]) for k in steps[0]})\""
)
"""For a folder as TensorFlow Datasets write it."""


class UnsupportedFormat(NamedTuple):
    """An unsupported format."""

    name: str
    fix: str


TFRECORD = UnsupportedFormat("a TFRecord, as TensorFlow and RLDS write it", RLDS)
CSV = UnsupportedFormat(
    "a CSV file",
    "write it as Parquet: python -c \"import pandas; pandas.read_csv('FILE').to_parquet('steps.parquet')\"",
)
CSV_HEADER = re.compile(rb"\s*\"?[A-Za-z_][^,;\t\r\n\0]*[,;\t][\x20-\x7e\t]*\r?\n")
"""Names of columns in a line of their own."""
MAGIC = {
    b"\x1f\x8b": UnsupportedFormat("a gzip file", "unpack it with gunzip first"),
    b"BZh": UnsupportedFormat("a bzip2 file", "unpack it with bunzip2 first"),
    b"\xfd7zXZ\0": UnsupportedFormat("an xz file", "unpack it with unxz first"),
    b"\x28\xb5\x2f\xfd": UnsupportedFormat("a zstd file", "unpack it with unzstd first"),
    b"\x04\x22\x4d\x18": UnsupportedFormat("an LZ4 file", "unpack it with unlz4 first"),
    b"ARROW1": UnsupportedFormat(
        "an Arrow or Feather file",
        "write it with pyarrow.parquet.write_table(pyarrow.feather.read_table('FILE'), 'steps.parquet')",
    ),
    b"\xff\xff\xff\xff": UnsupportedFormat(
        "an Arrow stream, as Hugging Face data sets keep it",
        "write it with datasets.load_from_disk('FOLDER').to_parquet('steps.parquet')",
    ),
    b"PK\5\6": UnsupportedFormat("a zip or npz file without anything in it", "save the arrays again"),
    b"SQLite format 3\0": UnsupportedFormat("an SQLite data base", "save its columns with numpy.savez"),
    b"MATLAB 5.0": UnsupportedFormat("a MATLAB file", "save scipy.io.loadmat of it with numpy.savez"),
    b"Obj\x01": UnsupportedFormat("an Avro file", "write its columns as Parquet"),
}


def unknown_format(head: bytes) -> ApiError:
    """An error that names the format of these first bytes, if known, and the accepted formats."""
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if is_tfrecord(head):
        found = TFRECORD
    if found is None and CSV_HEADER.match(head):
        found = CSV
    if found is not None:
        return ApiError(415, "unknown_format", f"file: found {found.name}, {ACCEPTED}; {found.fix}.", "file")
    what = "another format" if head else "no bytes"
    return ApiError(415, "unknown_format", f"file: found {what}, {ACCEPTED}.", "file")


def is_tfrecord(head: bytes) -> bool:
    """Whether a file begins with the length of a record and the masked CRC-32C of that length."""
    if len(head) < 12:
        return False
    crc = _crc32c(head[:8])
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return struct.pack("<I", masked) == head[8:12]


def _crc32c(data: bytes) -> int:
    """CRC of Castagnoli, bit by bit: of 8 bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
