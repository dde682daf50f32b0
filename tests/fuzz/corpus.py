"""Small sound files and requests to start from. `python -m tests.fuzz.corpus` writes them to tests/fuzz/corpus."""

import json
from collections.abc import Iterator

from tests.fuzz.folders import FINDINGS, FOLDER
from tests.fuzz.targets import BODIES
from tests.security.living import valid
from tests.server.files import npz, npz_arrays, saved_batch
from tests.server.imports.rollouts import MAPPING, rollout
from tests.server.reading.test_hostile import WHOLE
from tests.server.reading.test_npz import BROKEN as BROKEN_NPZ
from tests.server.reading.test_safetensors import BROKEN as BROKEN_SAFETENSORS

LARGEST = 20_000


def made() -> Iterator[tuple[str, bytes]]:
    """Inputs by the name of their target and their own."""
    whole = WHOLE | {"safetensors": saved_batch(rows=1, steps=2), "npz": npz(**npz_arrays(2, 3)), "rollout": rollout()}
    yield from ((f"read/{name}", content) for name, content in whole.items())
    broken = {name: content for name, (content, _) in BROKEN_SAFETENSORS.items()}
    broken |= {name: make() for name, (make, *_) in BROKEN_NPZ.items()}
    yield from ((f"read/broken {name}", content) for name, content in broken.items())
    yield "map_by/rollout", json.dumps(MAPPING).encode()
    for index, operation in enumerate(BODIES):
        name = operation.described["operationId"]
        yield f"body/{name}", bytes([index]) + json.dumps(valid(operation.body or {})).encode()


def stored(target: str) -> list[bytes]:
    """Inputs of a target that lie in the repository; an upload is any file."""
    kind = "read" if target == "upload" else target
    return [path.read_bytes() for folder in (FOLDER, FINDINGS) for path in sorted((folder / kind).glob("*"))]


def write() -> None:
    """Write all that are small."""
    for name, content in made():
        if len(content) <= LARGEST:
            path = FOLDER / name.replace(" ", "_")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    write()
