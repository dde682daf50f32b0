"""How many of the actions an axis names: figures stand side by side, and names that touch are read as one number."""

MOST = 9


def tick_step(actions: int) -> int:
    """Every so many actions are named."""
    return -(-actions // MOST)
