"""What a mapping did, in sentences: how rows became windows, what was shifted, what is not in the batch."""

import torch

from mouse.errors import first_names
from mouse.mapping.columns import Column
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows, Sequences


def told_rows(sequences: Sequences, rows: Rows, mapping: Mapping) -> list[str]:
    """Say how rows became windows."""
    batch, steps = rows.index.shape
    if mapping.layout == "items":
        return [f"{batch} rows without order: each is an item of its own, and no two of them make a transition."]
    total, count = len(sequences.order), int(sequences.first.sum())
    of = f"{count} sequences" if count > 1 else "one sequence"
    across = ", one after the other as one stream," if count > 1 and mapping.windows == "across" else ""
    left = total - batch * steps
    dropped = f"; {left} rows at the ends, too few for another, are left out" if left else ""
    told = [f"{total} rows of {of}{across} make {batch} windows of {steps} steps{dropped}."]
    if mapping.layout == "flat" and not sequences.order.equal(torch.arange(total)):
        told.append("The rows of the file stand in another order: they are sorted by sequence and step.")
    return told


def told_shift(columns: dict[str, Column], rows: Rows, sequences: Sequences) -> list[str]:
    """Say what was shifted, and which transitions do not lie between two rows of the batch."""
    shifted = {name: column for name, column in columns.items() if column.shifted}
    if not shifted:
        return []
    sources = [source for column in shifted.values() for source in column.sources]
    first = int((rows.before < 0).sum())
    of = "the first row" if first == 1 else f"the first row of each of {first} windows"
    told = [
        f"Stored with the state they leave, so shifted by one: {first_names(sources, '`')}. A row now holds what led"
        " to it.",
        f"Nothing in the file led to {of}: what was shifted is 0 there, and no loss on transitions reads it.",
    ]
    used = torch.zeros(len(sequences.order), dtype=torch.bool)
    used[rows.before[:, 1:].flatten()] = True
    ends = ""
    if "done" in shifted:
        end = columns["done"].values != 0
        ends = f", and {int((end & used).sum())} of its {int(end.sum())} ends of episodes,"
    where = "the next state of the others is not in the file, or in another window"
    told.append(f"{int(used.sum())} of the file's {len(used)} transitions{ends} lie between two rows; {where}.")
    return told


def told_following(followed: tuple[int, int] | None) -> list[str]:
    """Say whether rows follow one another as the file's own next observations say."""
    if followed is None:
        return []
    same, looked_at = followed
    proof = "the rows are in order" if same == looked_at else "where they differ, two rows do not follow one another"
    return [f"The file's next observations equal the row after in {same} of {looked_at} running steps: {proof}."]
