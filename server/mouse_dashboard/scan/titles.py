"""Display names of a scan's checks and quantities."""

from mouse.diagnosis import CATALOGUE
from mouse_dashboard.scan.deviations import CODES
from mouse_dashboard.scan.issue import LOSS

TITLES = {
    "shard-unreadable": "Shard cannot be read",
    "shard-does-not-fit": "Shard does not fit the scan",
    "shard-fields": "Fields unlike those of most shards",
    "shard-drift": "Distribution unlike that of the other shards",
    "shard-duplicates": "Sequences that stand in another shard too",
    "shard-unshared-states": "No state in common with the other shards",
}


def title_of(check: str) -> str:
    """Title of a check."""
    return TITLES.get(check) or (CATALOGUE[check].title if check in CATALOGUE else check)


def label_of(quantity: str) -> str:
    """Display name of a quantity."""
    if quantity.endswith(LOSS):
        return f"{quantity.removesuffix(LOSS)} loss"
    return f"{quantity} code" if quantity in CODES else quantity.replace("_", " ")
