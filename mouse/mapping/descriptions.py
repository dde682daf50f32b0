"""Describe a mapping in sentences: how rows became windows, what was shifted, what is not in the batch."""

from mouse.evidence.counters import distinct
from mouse.mapping.columns import Column
from mouse.mapping.facts import FileFacts
from mouse.mapping.gaps import Gaps
from mouse.mapping.mapping import ONE_DIMENSION, Mapping
from mouse.mapping.rows import Rows
from mouse.wording import counted, first_names


def describe_gaps(found: Gaps, mapping: Mapping) -> list[str]:
    """Say which rows are no steps, and how well next observations prove the order of the others."""
    sentences: list[str] = []
    if found.written is not None and not bool(found.written.rows.all()):
        empty, count = int((~found.written.rows).sum()), counted(len(found.written.rows), "row")
        proof = f"`{found.written.source}` says so" if found.written.source else "they are empty in every field"
        of = "" if mapping.layout in ONE_DIMENSION else " of each environment"
        sentences.append(f"{empty:,} of {count}{of} were never written, so they are not steps: {proof}.")
    if found.padding is not None:
        empty, source = int((~found.padding.steps).sum()), found.padding.source
        sentences.append(
            f"{empty:,} of {counted(len(found.padding.steps), 'row')} are padding behind the last steps of sequences,"
            f" so they are not steps: `{source}` says so, and no other field holds anything there."
        )
    running = ~found.sequences.first[1:] & ~found.ended
    if found.order_evidence is None or not bool(running.any()):
        return sentences
    same, count = int((found.order_evidence.same & running).sum()), int(running.sum())
    proof = "the rows are in order" if same == count else "where they differ, two rows do not follow one another"
    sampled = ", as a part of each shows" if found.order_evidence.sampled else ""
    of = f"{same:,} of {counted(count, 'running step')}"
    return [*sentences, f"The file's next observations equal the row after in {of}{sampled}: {proof}."]


def describe_rows(found: Gaps, rows: Rows, mapping: Mapping) -> list[str]:
    """Say how rows became windows."""
    batch, steps = rows.index.shape
    if mapping.layout == "items":
        return [f"{batch:,} rows without order: each is one item, and no two of them form a transition."]
    order, first, _apart = found.sequences
    total, count, stretches = len(order), int(first.sum()), int(found.stretches.sequences.first.sum())
    of = counted(count, "sequence") if count > 1 else "one sequence"
    joined = ", one after the other as one stream," if count > 1 == stretches else ""
    if count > stretches > 1:
        joined = f", of which {stretches:,} stretches run on after ends of episodes,"
    if stretches > count:
        joined = f", cut into {stretches:,} stretches of rows that follow one another,"
    left = total - len(distinct(rows.index))
    are = "is" if left == 1 else "are"
    dropped = f"; {counted(left, 'row')} at the ends, too few for another window, {are} dropped" if left else ""
    windows = f"{counted(batch, 'window')} of {counted(steps, 'step')}"
    sentences = [f"{counted(total, 'row')} of {of}{joined} make {windows}{dropped}."]
    if mapping.windows == "chained":
        sentences.append("Each window begins with the last row of the window before, so no step is lost between two.")
    if rows.final is not None:
        ending = counted(int(rows.final.sum()), "window")
        sentences.append(f"In {ending} the last step is completed by a next observation of the file.")
    if mapping.num_envs > 1:
        sentences.append(f"{mapping.num_envs:,} environments take turns row by row: the rows of each are put together.")
    elif mapping.layout == "flat" and bool((order.diff() < 0).any()):
        sentences.append(
            "The rows of the file are in another order: they are sorted by environment, sequence and step."
        )
    return sentences


def describe_shift(columns: dict[str, Column], rows: Rows, facts: FileFacts) -> list[str]:
    """Say what was shifted, and how many of the file's transitions and ends lie between two rows of the batch."""
    shifted = {name: column for name, column in columns.items() if column.shifted}
    sentences: list[str] = []
    if shifted:
        sources = [source for column in shifted.values() for source in column.sources]
        repeated = int(((rows.index[1:, 0] == rows.index[:-1, -1]) & (rows.before[1:, 0] < 0)).sum())
        first = int((rows.before < 0).sum()) - repeated
        of = "the first row" if first == 1 else f"the first row of each of {first:,} windows"
        sentences = [
            f"Stored with the state they leave, so shifted by one: {first_names(sources, '`')}. A row now holds what"
            " led to its state.",
            f"Nothing in the file led to {of}: shifted fields are 0 there, and no loss on transitions reads them.",
        ]
        if repeated:
            begin = "window begins" if repeated == 1 else "windows begin"
            sentences.append(
                f"{repeated:,} {begin} with the last row of the window before, which holds what led to that state:"
                " shifted fields are 0 in the repeated row, so that nothing counts twice."
            )
    if (not shifted and facts.steps == rows.index.numel()) or rows.index.shape[1] == 1:
        return sentences
    steps = f"{facts.steps_in_batch:,} of the file's {counted(facts.steps, 'transition')}"
    ends = f", and {facts.ends_in_batch:,} of its {counted(facts.ends, 'end')} of episodes," * ("done" in columns)
    where = "; the next state of the others is in another window, was left out, or is not in the file"
    return [*sentences, f"{steps}{ends} lie between two rows{where * (facts.steps_in_batch < facts.steps)}."]


def describe_transitions(columns: dict[str, Column], rows: Rows) -> list[str]:
    """Say what rows without order became, and of what both states are known."""
    both = [name for name, column in columns.items() if not column.shifted and len(column.sources) == 2]
    known = f"of both states: {first_names(both, '`')}" if both else "of no field are both states known"
    count = len(rows.index)
    return [
        f"{count:,} rows without order: each is one transition, and no two of them follow one another.",
        "A transition is two rows: the state that it leaves, and the next state with the action, reward and done"
        f" that led to it; {known}.",
    ]
