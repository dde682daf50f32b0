"""Where the inputs of the fuzzer lie."""

from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")
FINDINGS = FOLDER / "findings"
"""Inputs that once broke something; whoever mends it leaves them here."""
CRASHES = FOLDER / "crashes"
"""Files that end the process of their reader, by a mistake of its library; the dashboard refuses them."""
GROWN = Path(__file__).with_name("grown")
"""Inputs that reached new code, thousands of them: git ignores them, and runs on this machine start from them."""
