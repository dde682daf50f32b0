"""Propose a mapping for a file: what its names, shapes and values prove; the rest is a question to the owner."""

import dataclasses
from collections.abc import Mapping as Mapped
from typing import Any

from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping.apply import Plan, arrange
from mouse.mapping.columns import find, row_sizes, rows_of
from mouse.mapping.ends import ENDS
from mouse.mapping.evidence import observation
from mouse.mapping.mapping import Mapping
from mouse.mapping.mapping_proposal import MappingProposal
from mouse.mapping.names import CONVENTIONS, Convention, short_names
from mouse.mapping.naming import (
    ALWAYS_SCALAR,
    inverted_fields,
    named_fields,
    next_state_fields,
    own_names,
    step_type_fields,
    unordered_step_types,
)
from mouse.mapping.one_longer import OneLonger, one_longer
from mouse.mapping.propose_columns import with_columns, with_flags
from mouse.mapping.propose_next_states import with_next_states
from mouse.mapping.prove_alignment import ProvenAlignment, prove_alignment
from mouse.mapping.target import TARGETS
from mouse.mapping.transition_factors import keep_factors
from mouse.mapping.windows import WINDOW, best_length
from mouse.wording import first_names

LONGEST = 512
"""Sequences of one length are windows as they are up to so many steps."""
STORES = "action, reward and done with the state that they leave"
WHICH_STATE = "Do action, reward and done of a row stand with the state they leave, or with the one they led to?"
UNSETTLED = (
    "{do} {names} stand with the state that the action leaves, or with the one it leads to? The values prove it only"
    " for the other fields. Read as they are ({taken})."
)
PROVEN = {
    (False, "state"): "The values prove that {names} stands with the state it leaves.",
    (False, "next_state"): "The values prove that {names} stands with the state it led to.",
    (True, "state"): "The values prove that {names} stand with the state they leave.",
    (True, "next_state"): "The values prove that {names} stand with the state they led to.",
}
CONTRADICTED = "The names say the first, the values of {names} the second. Read as the names say (state)."
ELSEWHERE = (
    "`{name}` stands {lag} rows after the state that it leaves, as the observations show: neither with that state nor"
    " with the next one. Shift it in the file, or confirm an alignment."
)
UNORDERED = (
    "Does `{name}` hold dm_env's step types: 0 first, 1 between, 2 last of an episode? 0 does not follow 2 there as it"
    " does in whole episodes. Read as another field: map it to done if it does."
)
IN_ORDER = 0.9
"""Share of running steps whose next observation is that of the row after, from which on the others are gaps."""
SHUFFLED = (
    "The rows do not follow one another in time, as in a shuffled replay buffer: windows would pair unrelated"
    " steps. Are they in order of time?"
)
NOTHING_KNOWN = "Which field is the action, which the reward, which the done? mouse knows no name in the file."


def detect(fields: Mapped[str, Tensor], named: Mapped[str, str] | None = None) -> MappingProposal:
    """Propose a mapping; anything uncertain becomes a question, never a silent guess.

    Shapes: ``fields`` of any shape.

    Args:
        fields: what is in the file.
        named: names in the file that are known already, by mouse's own.

    Raises:
        BatchError: (a ValueError) a name in `named` that is not in the file.
    """
    library = next((known for known in CONVENTIONS if known.fits(short_names(fields))), None)
    notes = [] if library is None else [f"The names are {library.name}'s, which stores {STORES}."]
    questions: dict[str, str] = {}
    proven = keep_factors(fields, named_fields(fields, library, notes), notes, questions)
    named = {**proven, **(named or {})}
    if "gamma_n" in named:
        questions.pop("fields.gamma_n", None)
    for target, source in named.items():
        find(fields, source, f"mapping.fields.{target}")
    if not named:
        return MappingProposal(Mapping(), (), {"fields": NOTHING_KNOWN})
    mapping = Mapping(
        fields=named,
        shifted=next_state_fields(fields, named),
        inverted=inverted_fields(fields, named),
        step_types=step_type_fields(fields, named),
    )
    longer = one_longer(fields, named)
    if longer is not None:
        notes.append(longer.note)
        fields, mapping = longer.fields, dataclasses.replace(longer.with_shifted(mapping), alignment="state")
    mapping = with_next_states(fields, mapping, notes, questions)
    mapping = _laid_out(fields, mapping, library, questions, longer)
    mapping = _flagged(fields, mapping, questions)
    unordered = unordered_step_types(fields)
    if unordered is not None and mapping.fields.keys().isdisjoint(ENDS):
        questions["ends"] = UNORDERED.format(name=unordered)
    mapping, unsettled = (mapping, ()) if longer is not None else _aligned(fields, mapping, library, notes, questions)
    if mapping.layout == "flat" or not isinstance(_tried(fields, mapping), Plan):
        mapping = propose_windows(fields, mapping)
    tried = _tried(fields, mapping)
    if isinstance(tried, BatchError):
        questions[tried.field.removeprefix("mapping.")] = str(tried)
    elif tried.order_evidence is not None and tried.order_evidence[0] * 2 < tried.order_evidence[1]:
        if mapping.layout == "flat" and mapping.sequence is None and mapping.environment is None:
            return _unordered(mapping, tried.order_evidence, notes, questions)
        questions["order"] = SHUFFLED
    return MappingProposal(mapping, tuple(notes), questions, unsettled)


def _unordered(
    mapping: Mapping,
    order_evidence: tuple[int, int],
    notes: list[str],
    questions: dict[str, str],
) -> MappingProposal:
    """Rows that do not follow one another, each with its own next observation."""
    same, looked_at = order_evidence
    notes.append(
        f"The next observation is that of the row after in {same:,} of {looked_at:,} running steps: the rows do not"
        " follow one another in time, as in a shuffled replay buffer. Each is read as one transition."
    )
    asked = {part: text for part, text in questions.items() if part.startswith(("fields.", "next_states", "ends"))}
    unordered = Mapping(fields=mapping.fields, layout="transitions", next_states=mapping.next_states)
    return MappingProposal(unordered, tuple(notes), asked)


def _tried(fields: Mapped[str, Tensor], mapping: Mapping) -> Plan | BatchError:
    try:
        return arrange(fields, mapping)
    except BatchError as error:
        return error


def _laid_out(
    fields: Mapped[str, Tensor],
    mapping: Mapping,
    library: Convention | None,
    questions: dict[str, str],
    longer: OneLonger | None,
) -> Mapping:
    """Find the layout by the shape of a field whose dimensions are known."""
    if longer is not None and longer.layout != "flat":
        return dataclasses.replace(mapping, layout=longer.layout)
    named = mapping.fields
    target = min(named, key=lambda name: ALWAYS_SCALAR.index(name) if name in ALWAYS_SCALAR else len(ALWAYS_SCALAR))
    value = fields[named[target]]
    dims = TARGETS[target].dims
    rank = value.dim() - (dims or int(value.dim() > 1 and value.shape[-1] == 1))
    if rank < 2:
        flat = with_columns(fields, dataclasses.replace(mapping, layout="flat"), len(value), questions)
        if flat.sequence is None and flat.step_types:
            questions.pop("sequence", None)
            return dataclasses.replace(flat, sequence=flat.step_types[0])
        return flat
    sequences, time_major = (dataclasses.replace(mapping, layout=layout) for layout in ("sequences", "time_major"))
    as_left: dict[str, Any] = {"alignment": "state", "length": 1}
    tried = [(one, _tried(fields, dataclasses.replace(one, **as_left))) for one in (sequences, time_major)]
    proven = [one for one, each in tried if isinstance(each, Plan) and each.gaps.padding is not None]
    if len(proven) != 1:
        proven = [one for one, each in tried if _in_order(each)]
    if len(proven) != 1:  # then the action may tell: it explains the next state along steps alone
        proven = [one for one, each in tried if "action" in _proven(fields, one, each).of]
    if len(proven) == 1 or library is not None or own_names(named):
        return proven[0] if len(proven) == 1 else sequences
    first, second = value.shape[:2]
    guess = time_major if first > second else sequences
    questions["layout"] = (
        f"`{named[target]}` is [{first}, {second}]: sequences or steps first? Read as {max(first, second):,} steps of"
        f" {min(first, second):,} sequences, layout {guess.layout}."
    )
    return guess


def _in_order(tried: Plan | BatchError) -> bool:
    """Whether the file's own next observations prove that rows follow one another."""
    return not isinstance(tried, BatchError) and tried.order_evidence is not None and len({*tried.order_evidence}) == 1


def _mostly_in_order(tried: Plan | BatchError) -> bool:
    """Whether they prove it but for single gaps."""
    return (
        not isinstance(tried, BatchError)
        and tried.order_evidence is not None
        and tried.order_evidence[0] >= IN_ORDER * tried.order_evidence[1]
    )


def _flagged(fields: Mapped[str, Tensor], mapping: Mapping, questions: dict[str, str]) -> Mapping:
    """Find what flags mark."""
    tried = _tried(fields, dataclasses.replace(mapping, windows="within", length=1))
    return mapping if isinstance(tried, BatchError) else with_flags(fields, mapping, tried, questions)


def _aligned(
    fields: Mapped[str, Tensor],
    mapping: Mapping,
    library: Convention | None,
    notes: list[str],
    questions: dict[str, str],
) -> tuple[Mapping, tuple[str, ...]]:
    """Find with which state each field of a transition is stored, and which of them are open beside proven ones."""
    with_state = dataclasses.replace(mapping, alignment="state")
    tried = _tried(fields, dataclasses.replace(with_state, windows="within", length=1))
    found = _proven(fields, with_state, tried)
    if found.odd:
        name, lag = next(iter(found.odd.items()))
        questions["alignment"] = ELSEWHERE.format(name=mapping.fields[name], lag=lag)
        return with_state, ()
    if library is not None or _mostly_in_order(tried):
        wrong = [mapping.fields[name] for name, each in found.of.items() if each == "next_state" and name not in ENDS]
        if wrong:
            questions["alignment"] = f"{WHICH_STATE} {CONTRADICTED.format(names=first_names(wrong, '`'))}"
        return with_state, ()
    own = own_names(mapping.fields)
    if mapping.layout == "sequences" and own and "state" not in found.of.values():
        return dataclasses.replace(mapping, shifted=()), ()
    targets = [name for name in mapping.fields if TARGETS[name].of_transition]
    usual = found.of.get("action") or next(iter(found.of.values()), "next_state" if own else "state")
    unsettled = [name for name in targets if name not in found.of and name not in found.free]
    odd = {name: each for name, each in found.of.items() if each != usual}
    shifted = mapping.shifted if usual == "state" else ()
    proposed = dataclasses.replace(mapping, alignment=usual, alignments=odd, shifted=shifted)
    if found.of:
        notes += [
            PROVEN[len(names) > 1, side].format(names=first_names([mapping.fields[name] for name in names], "`"))
            for side in ("state", "next_state")
            if (names := [name for name, each in found.of.items() if each == side])
        ]
    if not found.of:
        taken = (
            "the one they led to (next_state), which is mouse's own"
            if usual == "next_state"
            else "the one they leave (state), as in a loop around env.step"
        )
        questions["alignment"] = f"{WHICH_STATE} Read as {taken}."
    elif unsettled:
        names = first_names([mapping.fields[name] for name in unsettled], "`")
        questions["alignment"] = UNSETTLED.format(do="Does" if len(unsettled) == 1 else "Do", names=names, taken=usual)
        return proposed, tuple(unsettled)
    return proposed, ()


def _proven(fields: Mapped[str, Tensor], mapping: Mapping, tried: Plan | BatchError) -> ProvenAlignment:
    if isinstance(tried, BatchError) or mapping.layout == "items":
        return ProvenAlignment({}, {}, frozenset())
    sizes = row_sizes(fields, mapping)
    obs = observation(fields, mapping, sizes)
    return prove_alignment(mapping, tried, None if obs is None else rows_of(fields, obs, "", sizes))


def propose_windows(fields: Mapped[str, Tensor], mapping: Mapping) -> Mapping:
    """Cut one stream into windows, or whole sequences where they have one length; else chain them within gaps.

    To be proposed anew where an alignment is not as `detect` proposed it: final rows depend on it.
    """
    across = dataclasses.replace(mapping, windows="across", length=1)
    tried = _tried(fields, across)
    if isinstance(tried, BatchError):
        return mapping
    sequences, stretches = tried.gaps.sequences, tried.gaps.stretches
    lengths = stretches.sequences.lengths
    whole = sequences.lengths if not bool(tried.gaps.breaks.any()) else lengths
    equal = int(whole.min()) == int(whole.max())
    if len(lengths) == 1 and not (equal and len(whole) > 1 and mapping.alignment == "next_state"):
        ids = mapping.sequence or mapping.environment or mapping.step or mapping.num_envs > 1
        return dataclasses.replace(across if ids or tried.gaps.padding else mapping, length=min(WINDOW, int(lengths)))
    if equal and int(whole.max()) <= LONGEST:
        return dataclasses.replace(mapping, length=None)
    chained = dataclasses.replace(across, windows="chained")
    tried = _tried(fields, chained)
    lengths = lengths if isinstance(tried, BatchError) else tried.gaps.stretches.sequences.lengths
    return dataclasses.replace(chained, length=min(best_length(lengths), int(lengths.max())))
