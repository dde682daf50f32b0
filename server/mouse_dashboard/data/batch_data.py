"""Read through a batch: find its first non-finite entries and its episodes."""

from typing import Literal, cast, get_args

import torch
from torch import Tensor

from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse.transition_batch import ABSENT, absent_like
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.data.fields import all_fields
from mouse_dashboard.data.models import BatchData, Episodes, FirstBad

CHUNK = 1 << 20
Kind = Literal["nan", "pos_inf", "neg_inf"]
TESTS = {"nan": torch.isnan, "pos_inf": torch.isposinf, "neg_inf": torch.isneginf}


def read_batch_data(batch: Batch, token: CancelToken) -> BatchData:
    """Read every entry once, in chunks: the batch may be larger than memory."""
    first_bad: list[FirstBad] = []
    for group, name, value in all_fields(batch):
        token.check()
        known = _known(name, value) if batch.unordered else value
        places = first_bad_places(known, token) if known.is_floating_point() else {}
        first_bad += [
            FirstBad.model_validate({"group": group, "name": name, "kind": kind, "place": place})
            for kind, place in places.items()
        ]
    return BatchData(first_bad=first_bad, episodes=episodes(batch))


def _known(name: str, value: Tensor) -> Tensor:
    """Zero the placeholder of an unknown state: it may be non-finite, but is not a bad entry."""
    if name not in ABSENT:
        return value
    absent = [row for row in (0, 1) if torch.equal(value[:, row], absent_like(name, value[:, row]))]
    return value.clone().index_fill_(1, torch.tensor(absent), 0) if len(absent) == 1 else value


def first_bad_places(value: Tensor, token: CancelToken) -> dict[Kind, list[int]]:
    """Index of the first entry of each kind of non-finite value."""
    found: dict[Kind, list[int]] = {}
    before = 0
    for chunk in torch.split(value.flatten(), CHUNK):
        token.check()
        missing = [kind for kind in get_args(Kind) if kind not in found]
        if missing and not bool(chunk.isfinite().all()):
            for kind in missing:
                at = TESTS[kind](chunk).nonzero()
                if len(at):
                    flat = torch.tensor(before + int(at[0]))
                    found[kind] = [int(index) for index in torch.unravel_index(flat, value.shape)]
        before += len(chunk)
    return found


def episodes(batch: Batch) -> Episodes | None:
    """Count episodes; each step belongs to one. None for unordered transitions."""
    done = cast("Tensor | None", batch.step_stream.get("done", None))
    if batch.unordered or done is None or done.shape != batch.shape or done.is_floating_point() or done.is_complex():
        return None
    ends = done != 0
    ends[:, -1] = True  # a sequence's end ends what runs there
    lengths = ends.flatten().nonzero().flatten().diff(prepend=torch.tensor([-1])).sort().values
    codes = done[ends]
    unfinished, terminal, truncated = (int((codes == code).sum()) for code in (0, TERMINAL, TRUNCATED))
    middle = lengths[(len(lengths) - 1) // 2 : len(lengths) // 2 + 1]
    return Episodes(
        count=len(codes),
        terminal=terminal,
        truncated=truncated,
        unknown=len(codes) - terminal - truncated - unfinished,
        unfinished=unfinished,
        shortest=int(lengths[0]),
        median=float(middle.double().mean()),
        longest=int(lengths[-1]),
    )
