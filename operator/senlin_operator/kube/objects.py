"""Kubernetes objects, as thin views of their documents."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

GROUP = "senlin.openstack.org"
VERSION = "v1alpha1"
FINALIZER = f"{GROUP}/finalizer"
PAUSED = f"{GROUP}/paused"  # annotations
RECONCILE_AT = f"{GROUP}/reconcile-requested-at"
FORCE = f"{GROUP}/force-deletion"
ADOPT = f"{GROUP}/adopt"
TAKE_OVER = f"{GROUP}/take-over"
URL_CHANGED_AT = f"{GROUP}/url-changed-at"
# Of what a SenlinCluster owns, and of pods that run on its nodes.
CLUSTER_LABEL = f"{GROUP}/cluster"
NODE_LABEL = f"{GROUP}/node"  # of a mirror: the name of the node in Senlin
DETACHED = f"{GROUP}/detached-"  # and the uid of a resource that was detached; its name
_WHO = 280  # characters of a kind and a name; a person may write any annotation
_BEGINNING = 200  # characters of a name; Kubernetes takes 253
_LABEL_LIMIT = 63  # characters of a label's value
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_OF_TOOLS = re.compile(
    r"^app\.kubernetes\.io/(instance|managed-by)$|(^|\.)(helm\.sh|argoproj\.io|fluxcd\.io)/"
)
SECRET = "Secret"  # noqa: S105 - a kind, not a password


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The name of an object in the queue, in the cache, and in references."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def shown_in(self, namespace: str) -> str:
        """Return the object for people of a namespace, who need not know those of others."""
        return str(self) if namespace == self.namespace else f"a {self.kind} of another namespace"


class Owner(NamedTuple):
    """An object that owns others.

    Whoever writes an object may write any uid as its owner's, so a uid alone proves nothing.
    Kubernetes itself takes no owner of another namespace or kind than the reference says.
    """

    kind: str
    namespace: str
    uid: str


class Resource:
    """A Kubernetes object as the API server sent it; it is never changed."""

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
    def resource_version(self) -> int:
        """Return the resource version; since Kubernetes 1.35 a larger number means newer."""
        return int(self.raw["metadata"]["resourceVersion"])

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.raw["metadata"]

    @property
    def has_finalizer(self) -> bool:
        """Return whether the object has the operator's finalizer."""
        return FINALIZER in self.raw["metadata"].get("finalizers", ())

    @property
    def is_gone(self) -> bool:
        """Return whether this is the object's last version: deleted, and without finalizers."""
        return self.deleting and not self.raw["metadata"].get("finalizers")

    @property
    def controller(self) -> Owner | None:
        """Return the owner in the controlling owner reference."""
        for reference in self.raw["metadata"].get("ownerReferences", ()):
            if reference.get("controller"):
                return Owner(str(reference["kind"]), self.key.namespace, str(reference["uid"]))
        return None

    @property
    def as_owner(self) -> Owner:
        """Return the object as the owner of others."""
        return Owner(self.key.kind, self.key.namespace, self.uid)

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.raw["metadata"].get("annotations") or {}

    @property
    def labels(self) -> Mapping[str, str]:
        return self.raw["metadata"].get("labels") or {}

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.raw.get("spec") or {}

    @property
    def status(self) -> Mapping[str, Any]:
        return self.raw.get("status") or {}

    @property
    def cloud_id(self) -> str | None:
        """Return the id of the object's cloud object, from its status."""
        return self.status.get("id")

    @property
    def awaited_id(self) -> str | None:
        """Return the id in Senlin whose changes concern the object: of an operation, its action."""
        return self.cloud_id or (self.status.get("action") or {}).get("id")

    @property
    def recorded(self) -> bool:
        """Return whether the status shows a cloud object, with or without its id."""
        return bool(self.cloud_id or self.status.get("resource"))

    # What a person writes to hold the operator back holds it back, unless it is an explicit no. So
    # a slip of the pen, or a word of a newer version, never costs a server.

    @property
    def paused_by(self) -> list[str]:
        """Return what holds the operator back from the object, for people; empty: nothing."""
        odd = ", whose value is neither true nor false" if self.pause_is_odd else ""
        by_annotation = self.annotations.get(PAUSED, "") not in ("", "false")
        annotation = [f"the annotation {PAUSED}{odd}"] if by_annotation else []
        return [*(["spec.paused"] if self.spec.get("paused") else []), *annotation]

    @property
    def pause_is_odd(self) -> bool:
        """Return whether the annotation that pauses has a value that nobody documents."""
        return self.annotations.get(PAUSED, "") not in ("", "true", "false")

    @property
    def paused(self) -> bool:
        """Return whether a person holds the operator back from the object."""
        return bool(self.paused_by)

    @property
    def unmanaged(self) -> bool:
        """Return whether the operator only shows the cloud object, and never changes it."""
        return bool(self.spec.get("managementPolicy", "managed") != "managed")

    @property
    def detaches(self) -> bool:
        """Return whether the cloud object stays in the cloud when the object is deleted."""
        return bool(self.spec.get("managedOptions", {}).get("onDelete", "delete") != "delete")

    @property
    def deletion_forced(self) -> bool:
        """Return whether to delete the cloud object although Senlin is at work on it."""
        return self.annotations.get(FORCE) == "true"

    @property
    def detached_users(self) -> Mapping[str, str]:
        """Return the resources that used the object and were detached: uid to kind and name."""
        return {
            name.removeprefix(DETACHED): who[:_WHO]
            for name, who in self.annotations.items()
            if name.startswith(DETACHED)
        }

    @property
    def deleted_at(self) -> str | None:
        """Return the time at which its deletion was requested."""
        time: str | None = self.raw["metadata"].get("deletionTimestamp")
        return time

    @property
    def secret_key(self) -> Key:
        """Return the key of the Secret with the credentials."""
        return Key(SECRET, self.key.namespace, self.spec["cloudCredentialsRef"]["secretName"])

    def condition(self, condition_type: str) -> Mapping[str, Any] | None:
        for condition in self.status.get("conditions", ()):
            if condition["type"] == condition_type:
                return dict(condition)
        return None

    @property
    def stalled_message(self) -> str | None:
        """Return the message of condition Stalled if that is True."""
        condition = self.condition("Stalled")
        is_stalled = condition and condition["status"] == "True"
        return str(condition["message"]) if condition and is_stalled else None

    @property
    def ready(self) -> bool:
        """Return whether the last status says that the current generation is Ready."""
        condition = self.condition("Ready")
        return (
            condition is not None
            and condition["status"] == "True"
            and condition.get("observedGeneration") == self.generation
        )


def beginning(name: str) -> str:
    """Return so much of a name that another one, of up to 53 characters, can be made from it.

    It ends with a letter or a digit: in a name of Kubernetes no hyphen may follow a dot.
    """
    return name[:_BEGINNING].rstrip("-.")


def inherited_labels(owner: Resource) -> dict[str, str]:
    """Return the labels that an object passes on to what it owns.

    Those by which tools know what they have applied are left out: to such a tool the owned object
    would look like one that has vanished from Git.
    """
    return {key: value for key, value in owner.labels.items() if not _OF_TOOLS.search(key)}


def label_value(resource: Resource) -> str:
    """Return the name of the object as a label's value; its uid if the name is too long."""
    name = resource.key.name
    return name if len(name) <= _LABEL_LIMIT else resource.uid


def is_label_value(text: str) -> bool:
    """Return whether a text is taken as the value of a label."""
    return len(text) <= _LABEL_LIMIT and bool(_LABEL_VALUE.fullmatch(text))


def strip_unused(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without unused metadata, which takes more than half of its size."""
    metadata = {key: value for key, value in raw["metadata"].items() if key != "managedFields"}
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {k: v for k, v in annotations.items() if k.startswith(GROUP)}
    return {**raw, "metadata": metadata}
