"""All rules: those for mouse's own losses, those for any function, and those over the file that a batch is made of."""

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
