"""How counts are told in sentences."""


def counted(count: int, noun: str) -> str:
    """``1 step``, ``4,064 transitions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
