"""All rules: for mouse's own losses, for any loss function, and for the source file of a batch."""

from mouse.diagnosis.function_rules import FUNCTION_RULES
from mouse.diagnosis.recording import RECORDING_RULES
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules import RULES

CATALOGUE: dict[str, Rule] = {
    **RULES,
    **{name: rule for name, rule in FUNCTION_RULES.items() if name not in RULES},
    **RECORDING_RULES,
}
"""Every rule by its id; one that both lists have says the same in both. Links name rules by their place here."""
