"""A fake Kubernetes: objects, finalizers, owners, and a watch that reports changes.

It follows the API server of 1.35. An object that is being deleted stays until its last finalizer is
removed, and accepts no new one. A request with a uid does not change a later object of the same
name. An object that has lost its owner is deleted.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from senlin_operator.kube.client import KubeError, NotFound
from senlin_operator.kube.objects import FINALIZER, SECRET, Key, Resource
from senlin_operator.kube.status import timestamp
from senlin_operator.telemetry import clock
from tests.unit.operator.builders import Document

FOREGROUND = "foregroundDeletion"  # the finalizer of an owner that waits for its dependents
# The defaults of the definitions.
DEFAULTS: Document = {
    "managementPolicy": "managed",
    "managedOptions": {"onDelete": "delete"},
    "resyncPeriod": "10m",
}


class FakeKube:
    """Keeps objects, and reports each change to a watch, as an API server would."""

    def __init__(self, watch: Callable[[str, str, Document], None]) -> None:
        self.writes: list[tuple[str, str]] = []  # the kind of write, and the object's name
        self.secret_reads = 0
        self.hidden: set[Key] = set()  # Secrets of a type that no watch shows
        self.uids: set[str] = set()  # of all objects that ever existed
        self.refusals: list[KubeError] = []  # of the next writes
        self.forbidden: dict[str, KubeError] = {}  # by the kind of write
        self._watch = watch
        self._objects: dict[Key, Document] = {}
        self._version = 100
        self._dependents = 0

    def __getitem__(self, key: Key) -> Document:
        return self._objects[key]

    def __contains__(self, key: Key) -> bool:
        return key in self._objects

    def keys(self, kind: str) -> list[Key]:
        return sorted(key for key in self._objects if key.kind == kind)

    def all(self) -> list[tuple[str, Document]]:
        return [(key.kind, raw) for key, raw in self._objects.items()]

    # What people do.

    def apply(self, raw: Document) -> Key:
        """Create or change an object."""
        key = Resource(raw.get("kind", SECRET), raw).key
        old = self._objects.get(key)
        generation = old["metadata"].get("generation", 1) if old else 1
        generation += bool(old and old.get("spec") != raw.get("spec"))
        status = {"status": old["status"]} if old and "status" in old else {}
        server_fields = ("finalizers", "deletionTimestamp", "ownerReferences")
        known = {name: it for name in server_fields if old and (it := old["metadata"].get(name))}
        metadata = {**known, **raw["metadata"], "generation": generation}
        return self._store(key, {**status, **raw, "metadata": metadata})

    def replace(self, raw: Document) -> None:
        """Replace an object by another one of the same name, without a DELETED event."""
        del self._objects[Resource(raw["kind"], raw).key]
        self.apply(raw)

    def remove(self, key: Key, *, foreground: bool = False) -> None:
        """Begin the deletion of an object."""
        raw = self._objects[key]
        finalizers = [*raw["metadata"].get("finalizers", ()), *([FOREGROUND] * foreground)]
        now = timestamp(clock.utcnow())
        metadata = {**raw["metadata"], "deletionTimestamp": now, "finalizers": finalizers}
        self._store(key, {**raw, "metadata": metadata})
        self._collect()

    def lose(self, key: Key) -> None:
        """Delete an object while no watch is open."""
        del self._objects[key]

    # What the operator's client does.

    async def set_finalizer(self, resource: Resource, *, present: bool) -> Document:
        raw = self._objects.get(resource.key)
        if raw is None or raw["metadata"]["uid"] != resource.uid:
            raise NotFound(resource)
        self._receive("add finalizer" if present else "remove finalizer", resource)
        others = [it for it in raw["metadata"].get("finalizers", ()) if it != FINALIZER]
        new = present and not Resource(resource.key.kind, raw).has_finalizer
        if new and "deletionTimestamp" in raw["metadata"]:
            raise KubeError(422, "no new finalizers can be added if the object is being deleted")
        metadata = {**raw["metadata"], "finalizers": [*others, *([FINALIZER] * present)]}
        return self._reply(resource.key, {**raw, "metadata": metadata})

    async def set_size(self, resource: Resource, size: int) -> Document:
        raw = self._receive("size", resource)
        metadata = {**raw["metadata"], "generation": raw["metadata"]["generation"] + 1}
        wanted = {**raw["spec"]["resource"], "desiredCapacity": size}
        spec = {**raw["spec"], "resource": wanted}
        return self._reply(resource.key, {**raw, "metadata": metadata, "spec": spec})

    async def apply_status(
        self, resource: Resource, status: Mapping[str, Any], *, unchanged: bool = False
    ) -> Document:
        raw = self._receive("status", resource)
        if unchanged and int(raw["metadata"]["resourceVersion"]) != resource.resource_version:
            raise KubeError(409, "the object has been modified")
        return self._reply(resource.key, {**raw, "status": dict(status)})

    async def merge(self, resource: Resource, body: Document) -> Document:
        raw = self._receive("merge", resource)
        metadata, spec = raw["metadata"], {**raw["spec"], **body.get("spec", {})}
        changed = spec != raw["spec"]
        merged = {
            **metadata,
            "generation": metadata.get("generation", 1) + changed,
            "annotations": {
                **metadata.get("annotations", {}),
                **body.get("metadata", {}).get("annotations", {}),
            },
        }
        return self._reply(resource.key, {**raw, "spec": spec, "metadata": merged})

    async def has_other_secret(self, key: Key) -> bool:
        return key in self.hidden

    async def get_secret(self, secret: Resource) -> Document:
        self.secret_reads += 1
        if secret.key not in self._objects:
            raise NotFound(secret)
        return self._objects[secret.key]

    async def apply_dependent(
        self,
        owner: Resource,
        key: Key,
        manifest: Mapping[str, Any],
        labels: Mapping[str, str],
    ) -> Document:
        self._receive_write("dependent", key.name)
        old = self._objects.get(key)
        if old and Resource(key.kind, old).controller not in (None, owner.as_owner):
            raise KubeError(422, "only one reference can have controller set to true")
        self._dependents += 1
        identity = {
            "namespace": key.namespace,
            "name": key.name,
            "uid": f"dependent-{self._dependents}",
        }
        reference = {"kind": owner.key.kind, "uid": owner.uid, "controller": True}
        known: Document = old["metadata"] if old else identity
        metadata = {
            **known,
            "generation": 1,
            "ownerReferences": [reference],
            "labels": {**known.get("labels", {}), **labels},
        }
        content = dict(manifest)
        if "spec" in content:
            content["spec"] = {**DEFAULTS, **(old["spec"] if old else {}), **content["spec"]}
        changed = bool(old and any(old.get(name) != value for name, value in content.items()))
        metadata["generation"] = known.get("generation", 1) + changed
        rest = {"kind": key.kind, **(old or {})}
        return self._reply(key, {**rest, **content, "metadata": metadata})

    async def create_secret(
        self,
        owner: Resource,
        key: Key,
        manifest: Mapping[str, Any],
        labels: Mapping[str, str],
    ) -> Document:
        if key in self._objects or key in self.hidden:
            self._receive_write("refused", key.name)
            raise KubeError(409, f"secrets {key.name} already exists")
        return await self.apply_dependent(owner, key, manifest, labels)

    async def replace_secret_data(
        self, secret: Resource, data: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Document:
        raw = self._receive("dependent", secret)
        known = raw["metadata"].get("annotations", {})
        metadata = {**raw["metadata"], "annotations": {**known, **annotations}}
        return self._reply(secret.key, {**raw, "data": dict(data), "metadata": metadata})

    async def delete(self, resource: Resource) -> None:
        self._receive_write("deletion", resource.key.name)
        raw = self._objects.get(resource.key)
        if raw and raw["metadata"]["uid"] == resource.uid:
            self.remove(resource.key)

    # Storage.

    def _receive(self, write: str, resource: Resource) -> Document:
        self._receive_write(write, resource.key.name)
        raw = self._objects.get(resource.key)
        if raw is None:
            raise KubeError(404, "not found")
        if raw["metadata"]["uid"] != resource.uid:
            raise KubeError(409, "the uid in the precondition differs")
        return raw

    def _receive_write(self, write: str, name: str) -> None:
        self.writes.append((write, name))
        if self.refusals:
            raise self.refusals.pop(0)
        if error := self.forbidden.get(write):
            raise error

    def _reply(self, key: Key, raw: Document) -> Document:
        reply = {**raw, "metadata": {**raw["metadata"], "resourceVersion": str(self._version + 1)}}
        self._store(key, raw)
        self._collect()
        return reply

    def _store(self, key: Key, raw: Document) -> Key:
        self._version += 1
        self.uids.add(raw["metadata"]["uid"])
        metadata = {**raw["metadata"], "resourceVersion": str(self._version)}
        raw = self._objects[key] = {**raw, "metadata": metadata}
        deleted = "deletionTimestamp" in metadata and not metadata.get("finalizers")
        if deleted:
            del self._objects[key]
        asyncio.get_running_loop().call_soon(
            self._watch, key.kind, "DELETED" if deleted else "MODIFIED", raw
        )
        return key

    def _collect(self) -> None:
        """Delete objects without an owner, and dependents before an owner that waits for them."""
        for key, raw in list(self._objects.items()):
            if (
                key in self._objects
                and not Resource(key.kind, raw).deleting
                and self._lacks_owner(raw)
            ):
                self.remove(key)
        for key, raw in list(self._objects.items()):
            metadata = raw["metadata"]
            owned = any(metadata["uid"] in _owners(it) for it in self._objects.values())
            if FOREGROUND in metadata.get("finalizers", ()) and not owned:
                rest = [it for it in metadata["finalizers"] if it != FOREGROUND]
                self._store(key, {**raw, "metadata": {**metadata, "finalizers": rest}})

    def _lacks_owner(self, raw: Document) -> bool:
        """Return whether its owner is deleted, or is being deleted and waits for its dependents."""
        remaining = {
            it["metadata"]["uid"]
            for it in self._objects.values()
            if FOREGROUND not in it["metadata"].get("finalizers", ())
        }
        owners = _owners(raw)
        return bool(owners) and not owners & remaining


def _owners(raw: Document) -> set[str]:
    return {it["uid"] for it in raw["metadata"].get("ownerReferences", ())}
