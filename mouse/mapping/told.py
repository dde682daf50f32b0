"""What a mapping did, in sentences: how rows became windows, what was shifted, what is not in the batch."""

from mouse.errors import first_names
from mouse.evidence.counters import distinct
from mouse.mapping.columns import Column
from mouse.mapping.doubts import ends_inside
from mouse.mapping.follow import Gaps
from mouse.mapping.mapping import ONE_DIMENSION, Mapping
from mouse.mapping.rows import Rows


def told_gaps(found: Gaps, mapping: Mapping) -> list[str]:
    """Say which rows are no steps, and how well next observations prove the order of the others."""
    told: list[str] = []
    if found.written is not None and not bool(found.written.rows.all()):
        empty = int((~found.written.rows).sum())
        proof = f"`{found.written.source}` says so" if found.written.source else "they are zero in every field"
        of = "" if mapping.layout in ONE_DIMENSION else " of each environment"
        told.append(f"{empty} of {len(found.written.rows)} rows{of} were never written, so they are no steps: {proof}.")
    running = ~found.sequences.first[1:] & ~found.ended
    if found.followed is None or not bool(running.any()):
        return told
    same, count = int((found.followed.same & running).sum()), int(running.sum())
    proof = "the rows are in order" if same == count else "where they differ, two rows do not follow one another"
    sampled = ", as a part of each shows" if found.followed.sampled else ""
    said = f"The file's next observations equal the row after in {same} of {count} running steps{sampled}: {proof}."
    return [*told, said]


def told_rows(found: Gaps, rows: Rows, mapping: Mapping) -> list[str]:
    """Say how rows became windows."""
    batch, steps = rows.index.shape
    if mapping.layout == "items":
        return [f"{batch} rows without order: each is an item of its own, and no two of them make a transition."]
    order, first, _apart = found.sequences
    total, count, stretches = len(order), int(first.sum()), int(found.stretches.sequences.first.sum())
    of = f"{count} sequences" if count > 1 else "one sequence"
    joined = ", one after the other as one stream," if count > 1 == stretches else ""
    if count > stretches > 1:
        joined = f", of which {stretches} stretches run on after ends of episodes,"
    if stretches > count:
        joined = f", cut into {stretches} stretches of rows that follow one another,"
    left = total - len(distinct(rows.index))
    dropped = f"; {left} rows at the ends, too few for another, are left out" if left else ""
    told = [f"{total} rows of {of}{joined} make {batch} windows of {steps} steps{dropped}."]
    if mapping.windows == "chained":
        told.append("Each window begins with the row that the one before it ends with, so no step lies between two.")
    if rows.final is not None:
        count = int(rows.final.sum())
        told.append(f"{count} windows end with a next observation of the file, so that the step before it is whole.")
    if mapping.layout == "flat" and bool((order.diff() < 0).any()):
        told.append("The rows of the file stand in another order: they are sorted by environment, sequence and step.")
    return told


def told_shift(columns: dict[str, Column], rows: Rows, found: Gaps) -> list[str]:
    """Say what was shifted, and how many of the file's transitions and ends lie between two rows of the batch."""
    shifted = {name: column for name, column in columns.items() if column.shifted}
    told: list[str] = []
    if shifted:
        sources = [source for column in shifted.values() for source in column.sources]
        first = int((rows.before < 0).sum())
        of = "the first row" if first == 1 else f"the first row of each of {first} windows"
        told = [
            f"Stored with the state they leave, so shifted by one: {first_names(sources, '`')}. A row now holds what"
            " led to it.",
            f"Nothing in the file led to {of}: what was shifted is 0 there, and no loss on transitions reads it.",
        ]
    if (not shifted and len(found.sequences.order) == rows.index.numel()) or rows.index.shape[1] == 1:
        return told
    used = distinct(rows.before[:, 1:])
    ends, done = "", columns.get("done")
    if done is not None:
        total = int((done.values[found.sequences.order] != 0).sum())
        ends = f", and {ends_inside(done, rows)} of its {total} ends of episodes,"
    where = "the next state of the others is not in the file, or in another window"
    said = f"{len(used)} of the file's {len(found.sequences.order)} transitions{ends} lie between two rows; {where}."
    return [*told, said]


def told_transitions(columns: dict[str, Column], rows: Rows) -> list[str]:
    """Say what rows without order became, and of what both states are known."""
    both = [name for name, column in columns.items() if not column.shifted and len(column.sources) == 2]
    known = f"of both states: {first_names(both, '`')}" if both else "of no field are both states known"
    count = len(rows.index)
    return [
        f"{count} rows without order: each is a transition of its own, and no two of them follow one another.",
        f"A transition is two rows, the state that it leaves and the next one, with what led to that; {known}.",
    ]
