"""Fields that Senlin cannot change in place."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked


def immutable_changed(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> Blocked | None:
    """Return Blocked if the properties differ from those that the cloud object was made with.

    The CRDs forbid it; but Kubernetes 1.37 overlooks it when fields that no schema describes are
    renamed while their number stays the same.
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
