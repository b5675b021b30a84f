"""Receivers that Senlin 16 as released accepts, and that do nothing (docs/senlin-16.md)."""

from senlin_operator.kinds.shared.rebuild import OR_REPAIRED

_MESSAGE = "message"


def defect(type_: str) -> str | None:
    """Return a sentence about a receiver that does not work; None: it does."""
    if type_ != _MESSAGE:
        return None
    return (
        "Senlin 16 as released answers no message: let the receiver's type be webhook, "
        f"{OR_REPAIRED}."
    )
