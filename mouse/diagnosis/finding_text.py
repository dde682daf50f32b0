"""A finding in words: where it is, what it affects, what to do."""

from mouse.diagnosis.finding import Finding
from mouse.diagnosis.numbers import percent
from mouse.wording import visible

SHOWN_PLACES = 3


def where_text(finding: Finding) -> str:
    """Field and the first places, for people; empty where neither is known."""
    shown = ", ".join(str(list(place)) for place in finding.places[:SHOWN_PLACES])
    more = f" and {finding.count - SHOWN_PLACES} more" if finding.count > SHOWN_PLACES else ""
    places = f"{finding.unit} {shown}{more}" if shown else ""
    return ", ".join(part for part in (visible(finding.field or ""), places) if part)


def shares_text(finding: Finding) -> str:
    """Shares of loss and gradient, for people; empty where neither is known."""
    shares = {"loss": finding.share_of_loss, "gradient": finding.share_of_gradient}
    parts = [f"{percent(share)} of the {name}" for name, share in shares.items() if share is not None]
    return f"{' and '.join(parts)} ({finding.loss})" if parts else ""


def consequences_text(finding: Finding) -> str:
    """What else the finding explains; empty where nothing."""
    return " ".join(f"{each.rule}: {each.message}" for each in finding.consequences)


def fix_text(finding: Finding) -> str:
    """What to do, with the change of a config where it is one."""
    change = f" Set {finding.change.field} = {finding.change.value!r}." if finding.change else ""
    return f"{finding.fix}{change}"
