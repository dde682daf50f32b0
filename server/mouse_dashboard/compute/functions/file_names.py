"""Fields that users' loss functions read by the names that a file gives them: a mapping leaves these names alone."""

import dataclasses
from collections.abc import Collection, Sequence

from mouse.losses.fields import OUT
from mouse.mapping import TARGETS, Detected, Mapping
from mouse.mapping.names import bare
from mouse.tracing.function_file import FunctionAddress


def keep_names(detected: Detected, functions: Sequence[FunctionAddress], named: Collection[str] = ()) -> Detected:
    """Drop from a proposal what would rename a field that a function reads, unless it is `named` by the user.

    The model's outputs all keep their names: a function that takes the whole batch may read any of them.
    """
    if not functions:
        return detected
    read = {name for function in functions for name in function.parameters()}
    fields = {
        target: source
        for target, source in detected.mapping.fields.items()
        if target in named or bare(source) == target or not (bare(source) in read or TARGETS[target].group == OUT)
    }
    mapping = dataclasses.replace(detected.mapping, fields=fields)
    if any(TARGETS[target].of_transition for target in fields):
        return detected._replace(mapping=mapping)
    if mapping.layout == "flat":  # nothing says that rows are in order of time
        mapping = Mapping(fields=fields, layout="items")
    questions = {part: text for part, text in detected.questions.items() if part != "alignment"}
    return detected._replace(mapping=mapping, questions=questions)
