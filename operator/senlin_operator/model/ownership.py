"""The owner's marker: which Kubernetes object a cloud object was made for.

Names in Senlin are not unique and its creates are not idempotent, so only the marker shows after a
crash whether a create request was carried out. It has the uid of the Kubernetes object. The place
says besides which Kubernetes that is in, and where there: after a restore the uid is another one.
"""

import base64
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from senlin_operator.cloud.snapshot import Marker
from senlin_operator.kube.objects import GROUP, Key, Resource

OWNER_KEY = f"{GROUP}/uid"  # keys in the metadata
PLACE_KEY = f"{GROUP}/owner"
_UNKNOWN = "unknown"  # in place of a Kubernetes whose identity could not be read
_DIGEST = 8  # characters, of 6 bits each: with a uid and a name of 200 that makes 255
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLACED = re.compile(r"\.([A-Za-z0-9_-]{8})~([A-Za-z0-9_-]{8})\.([^.]+)$")


@dataclass(frozen=True, slots=True)
class Owner:
    """A custom resource, as the markers of its cloud objects say it."""

    uid: str
    kubernetes: str  # the uid of the namespace kube-system; empty: it could not be read
    key: Key

    @classmethod
    def of(cls, resource: Resource, kubernetes: str) -> "Owner":
        """Return the owner for a resource of the Kubernetes with an identity."""
        return cls(resource.uid, kubernetes, resource.key)

    @property
    def marker(self) -> Marker:
        return Marker(self.uid, self.kubernetes, place_of(self.key))


def place_of(key: Key) -> str:
    """Return where a custom resource is within its Kubernetes."""
    return f"{key.namespace}/{key.kind}/{key.name}"


class Notation(ABC):
    """How cloud objects of a kind carry the marker."""

    @abstractmethod
    def read(self, cloud_object: Any) -> Marker | None:
        """Return the marker of a cloud object; None: there is none."""

    @abstractmethod
    def noted(self, marker: Marker) -> Marker:
        """Return a marker as `read` returns it."""


class InMetadata(Notation):
    """Two keys of the metadata; earlier versions wrote the uid alone."""

    def read(self, cloud_object: Any) -> Marker | None:
        metadata = cloud_object.metadata or {}
        uid, owner = metadata.get(OWNER_KEY), metadata.get(PLACE_KEY)
        if not isinstance(uid, str):
            return None
        kubernetes, _, place = owner.partition("/") if isinstance(owner, str) else ("", "", "")
        return Marker(uid, "" if kubernetes == _UNKNOWN else kubernetes, place)

    def noted(self, marker: Marker) -> Marker:
        return marker


class InName(Notation):
    """The end of the name, for what has no metadata: digests of the place, and the uid.

    Earlier versions wrote the uid alone.
    """

    def read(self, cloud_object: Any) -> Marker | None:
        if match := _PLACED.search(cloud_object.name):
            kubernetes, place, uid = match.groups()
            return Marker(uid, "" if kubernetes == _digest("") else kubernetes, place)
        display_name, _, uid = cloud_object.name.rpartition(".")
        return Marker(uid) if display_name else None

    def noted(self, marker: Marker) -> Marker:
        kubernetes = _digest(marker.kubernetes) if marker.kubernetes else ""
        return Marker(marker.uid, kubernetes, _digest(marker.place))


IN_METADATA, IN_NAME = InMetadata(), InName()


def is_marker(marker: Marker) -> bool:
    """Return whether it surely is one: a name of a person may end with a dot and a word."""
    return bool(marker.place) or re.fullmatch(_UUID, marker.uid) is not None


def entries(owner: Owner) -> dict[str, str]:
    """Return the marker as entries of the metadata."""
    marker = owner.marker
    return {OWNER_KEY: marker.uid, PLACE_KEY: f"{marker.kubernetes or _UNKNOWN}/{marker.place}"}


def with_owner(fields: Mapping[str, Any], owner: Owner) -> dict[str, Any]:
    """Return a request's fields with the marker in their metadata, if they have any.

    Senlin replaces the metadata as a whole, so each update must carry the marker.
    """
    if "metadata" not in fields:
        return dict(fields)
    return {**fields, "metadata": {**fields["metadata"], **entries(owner)}}


def without_markers(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that users know: without the operator's own keys."""
    return {key: value for key, value in metadata.items() if not key.startswith(f"{GROUP}/")}


def with_suffix(name: str, owner: Owner) -> str:
    """Return the name of an object without metadata: the marker is its end."""
    marker = owner.marker
    return f"{name}.{_digest(marker.kubernetes)}~{_digest(marker.place)}.{marker.uid}"


def without_suffix(name: str, uid: str) -> str:
    """Return the name that users know: without the marker of that owner, or of any other."""
    return re.sub(rf"(?:{_PLACED.pattern[:-1]}|\.{_UUID}|\.{re.escape(uid)})$", "", name)


@lru_cache(maxsize=4096)
def _digest(text: str) -> str:
    """Return a text in a few characters that Senlin takes in a name."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())[:_DIGEST].decode()
