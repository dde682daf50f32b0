"""Keep the file's own names for fields that users' loss functions read by those names."""

import dataclasses
from collections.abc import Collection, Sequence

from mouse.losses.fields import OUT
from mouse.mapping import TARGETS, Mapping, MappingProposal
from mouse.mapping.names import strip_prefix
from mouse.tracing.function_file import FunctionAddress


def keep_names(
    detected: MappingProposal, functions: Sequence[FunctionAddress], named: Collection[str] = ()
) -> MappingProposal:
    """Drop proposed renames of fields that a function reads, unless the user `named` them.

    Model outputs keep all their names: a function that takes the whole batch may read any of them.
    """
    if not functions:
        return detected
    read = {name for function in functions for name in function.parameters()}
    fields = {
        target: source
        for target, source in detected.mapping.fields.items()
        if target in named
        or strip_prefix(source) == target
        or not (strip_prefix(source) in read or TARGETS[target].group == OUT)
    }
    mapping = dataclasses.replace(detected.mapping, fields=fields)
    if any(TARGETS[target].of_transition for target in fields):
        return detected._replace(mapping=mapping)
    if mapping.layout == "flat":  # nothing says that rows are in order of time
        mapping = Mapping(fields=fields, layout="items")
    questions = {part: text for part, text in detected.questions.items() if part != "alignment"}
    return detected._replace(mapping=mapping, questions=questions)
