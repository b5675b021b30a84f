"""The owner's marker: the uid of the Kubernetes object that a cloud object was made for.

Names in Senlin are not unique and its creates are not idempotent, so only the marker shows after a
crash whether a create request was carried out.
"""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kube.objects import GROUP

OWNER_KEY = f"{GROUP}/uid"  # a key in the metadata


def owner_uid(cloud_object: Any) -> str | None:
    """Return the uid in the metadata of a cloud object; None: there is none, or it is no text."""
    uid = (cloud_object.metadata or {}).get(OWNER_KEY)
    return uid if isinstance(uid, str) else None


def with_owner(fields: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """Return a request's fields with the marker in their metadata, if they have any.

    Senlin replaces the metadata as a whole, so each update must carry the marker.
    """
    if "metadata" not in fields:
        return dict(fields)
    return {**fields, "metadata": {**fields["metadata"], OWNER_KEY: uid}}


def without_markers(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that users know: without the operator's own keys."""
    return {key: value for key, value in metadata.items() if not key.startswith(f"{GROUP}/")}


def name_suffix(uid: str) -> str:
    """Return the marker of an object without metadata: the end of its name."""
    return f".{uid}"
