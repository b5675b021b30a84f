"""Fields that Senlin cannot change in place."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked


def immutable_changed(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> Blocked | None:
    """Return Blocked if the properties differ from those of the cloud object.

    The CRDs forbid such a change. But Kubernetes 1.37 overlooks a change that only renames fields
    which no schema describes.
    """
    keys = desired.keys() | observed.keys()
    names = sorted(key for key in keys if desired.get(key) != observed.get(key))
    if not names:
        return None
    return Blocked(
        Reason.REJECTED,
        f"Senlin does not change properties ({', '.join(names)}): put them back, or make another "
        "resource.",
    )
