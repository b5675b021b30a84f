"""The Kubernetes objects that the operator looks at, as light views of the raw documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUP = "senlin.openstack.org"
VERSION = "v1alpha1"
FINALIZER = f"{GROUP}/finalizer"
PAUSED = f"{GROUP}/paused"  # annotations
RECONCILE_AT = f"{GROUP}/reconcile-requested-at"
FORCE = f"{GROUP}/force-deletion"
SECRET = "Secret"  # noqa: S105 - a kind, not a password


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which object: what is queued, cached and referred to."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Resource:
    """An object as the API server sent it. Never changed: a newer one replaces it."""

    __slots__ = ("key", "raw")

    def __init__(self, kind: str, raw: Mapping[str, Any]) -> None:
        metadata = raw["metadata"]
        self.key = Key(kind, metadata["namespace"], metadata["name"])
        self.raw = raw

    @property
    def uid(self) -> str:
        return str(self.raw["metadata"]["uid"])

    @property
    def generation(self) -> int:
        return int(self.raw["metadata"].get("generation", 0))

    @property
    def version(self) -> int:
        """Return the resource version; since Kubernetes 1.35 the larger one is the newer one."""
        return int(self.raw["metadata"]["resourceVersion"])

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.raw["metadata"]

    @property
    def guarded(self) -> bool:
        """Whether our finalizer is on it."""
        return FINALIZER in self.raw["metadata"].get("finalizers", ())

    @property
    def finished(self) -> bool:
        """Whether it is gone with this version: deleted, and nobody holds it any more."""
        return self.deleting and not self.raw["metadata"].get("finalizers")

    @property
    def owner(self) -> str | None:
        """Return the uid of the object that controls this one."""
        for reference in self.raw["metadata"].get("ownerReferences", ()):
            if reference.get("controller"):
                return str(reference["uid"])
        return None

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.raw["metadata"].get("annotations") or {}

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.raw.get("spec") or {}

    @property
    def status(self) -> Mapping[str, Any]:
        return self.raw.get("status") or {}

    @property
    def cloud_id(self) -> str | None:
        """Return the id of the cloud object that is ours, as the status remembers it."""
        return self.status.get("id")

    @property
    def unmanaged(self) -> bool:
        """Whether the cloud object is somebody else's, and only shown."""
        return self.spec.get("managementPolicy") == "unmanaged"

    @property
    def secret(self) -> Key:
        """Return the key of the Secret with the credentials."""
        return Key(SECRET, self.key.namespace, self.spec["cloudCredentialsRef"]["secretName"])

    def condition(self, condition_type: str) -> Mapping[str, Any] | None:
        for condition in self.status.get("conditions", ()):
            if condition["type"] == condition_type:
                return dict(condition)
        return None

    @property
    def stalled(self) -> str | None:
        """Return what a person should mend, as the last status says."""
        stalled = self.condition("Stalled")
        return str(stalled["message"]) if stalled and stalled["status"] == "True" else None

    @property
    def settled(self) -> bool:
        """Whether the last status says that the present generation is Ready."""
        ready = self.condition("Ready")
        return (
            ready is not None
            and ready["status"] == "True"
            and ready.get("observedGeneration") == self.generation
        )


def slim(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without what nobody reads here: it is more than half of its size."""
    metadata = {
        key: value
        for key, value in raw["metadata"].items()
        if key not in ("managedFields", "labels")
    }
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {k: v for k, v in annotations.items() if k.startswith(GROUP)}
    return {**raw, "metadata": metadata}
