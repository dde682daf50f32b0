"""Map files of other libraries to batches: name the fields, and say how rows are aligned."""

from mouse.mapping.apply import Plan, apply, plan
from mouse.mapping.detect import detect
from mouse.mapping.doubts import Doubt
from mouse.mapping.facts import FileFacts
from mouse.mapping.mapping import Mapping
from mouse.mapping.mapping_proposal import MappingProposal
from mouse.mapping.target import TARGETS, Target

__all__ = [
    "TARGETS",
    "Doubt",
    "FileFacts",
    "Mapping",
    "MappingProposal",
    "Plan",
    "Target",
    "apply",
    "detect",
    "plan",
]
