"""The latest known Kubernetes objects and their references; changes wake other objects."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from senlin_operator.cloud.snapshot import CloudObject
from senlin_operator.kube.objects import SECRET, Key, Owner, Resource, strip_unused
from senlin_operator.model.kind import Kind, ResourceKind
from senlin_operator.model.queue import Queue

V = TypeVar("V")


class Cache:
    """Filled by a list at the start, by the watches, and by the replies to the operator's writes.

    A status that the operator wrote wakes only the referrers of the object.
    """

    def __init__(
        self,
        kinds: Mapping[str, ResourceKind],
        queue: Queue,
        in_shard: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._kinds = kinds
        self._queue = queue
        self._in_shard = in_shard  # whether this process reconciles a namespace
        self._objects: dict[Key, Resource] = {}
        self._references: dict[Key, frozenset[Key]] = {}
        self._referrers: defaultdict[Key, set[Key]] = defaultdict(set)
        self._dependents: defaultdict[Owner, set[Key]] = defaultdict(set)
        self._by_uid: dict[str, Key] = {}
        # By cloud id, which unmanaged ones share, or by the id of the action of an operation.
        self._by_cloud_id: defaultdict[str, set[Key]] = defaultdict(set)

    def get(self, key: Key) -> Resource | None:
        return self._objects.get(key)

    def line(self, key: Key) -> tuple[object, ...] | None:
        """Return what shares a part of the namespace's work: a credential, deletions apart.

        So a cloud that does not answer holds up no other credential, and no deletion. Creations are
        apart, too: an edit does not stand behind hundreds of them.
        """
        resource = self._objects.get(key)
        if resource is None or key.kind == SECRET:
            return None
        reference = resource.spec["cloudCredentialsRef"]
        creates = isinstance(self._kinds[key.kind], Kind) and not resource.recorded
        is_new = creates and not resource.deleting
        return reference["secretName"], reference["cloudName"], resource.deleting, is_new

    def all(self) -> list[Resource]:
        """Return all objects. From any thread."""
        return list(self._objects.values())

    def referrers(self, key: Key) -> list[Key]:
        """Return the objects that refer to this one, sorted."""
        return sorted(self._referrers.get(key, ()))

    def referring(self, key: Key) -> Iterator[Resource]:
        """Yield the objects that refer to this one, in no order: the first are found at once."""
        for referrer in self._referrers.get(key, ()):
            if resource := self._objects.get(referrer):
                yield resource

    def dependents(self, owner: Resource) -> list[Key]:
        """Return the objects that this one owns, sorted."""
        return sorted(self._dependents.get(owner.as_owner, ()))

    def keys_of(self, ids: Iterable[str]) -> Iterator[Key]:
        """Yield the keys of the objects with these uids or cloud ids, in any namespace."""
        for id_ in ids:
            if id_ in self._by_uid:
                yield self._by_uid[id_]
            yield from self._by_cloud_id.get(id_, ())

    def stands_for(self, id_: str) -> bool:
        """Return whether an object has this uid or cloud id. From any thread."""
        return id_ in self._by_uid or id_ in self._by_cloud_id

    def used_by(self, uses: Callable[[str], bool], ids: Iterable[str]) -> Iterator[Key]:
        """Yield the keys of the objects with these uids or cloud ids whose uids fulfil `uses`."""
        for key in self.keys_of(ids):
            resource = self._objects.get(key)
            if resource and uses(resource.uid):
                yield key

    def controller_of(self, resource: Resource) -> Resource | None:
        """Return the custom resource that owns this one; None: none does, or it does not exist."""
        for key in self.keys_of([resource.controller.uid] if resource.controller else []):
            owner = self._objects.get(key)
            if owner and owner.as_owner == resource.controller:
                return owner
        return None

    def owner_of(self, type_: type[CloudObject], uid: str) -> Key | None:
        """Return the custom resource with a uid, in any namespace; None: it owns no such objects.

        Whoever has rights in a project writes any uid as an owner's marker.
        """
        key = self._by_uid.get(uid)
        kind = self._kinds.get(key.kind) if key else None
        return key if isinstance(kind, Kind) and kind.resource_type is type_ else None

    def on_event(self, kind: str, event: str | None, raw: Mapping[str, Any]) -> None:
        """Store an object from a watch or a list. It never raises."""
        if not self._in_shard(raw["metadata"]["namespace"]):
            return
        resource = _stripped(kind, raw)
        if event == "DELETED":
            self.remove(resource)
        else:
            self.upsert(resource)

    def on_list(self, kind: str, namespace: str | None, version: int, uids: frozenset[str]) -> None:
        """Forget what a whole list does not have. It never raises.

        No watch has reported the deletion of what vanished while none was open. What is newer than
        the list stays.

        Args:
            kind: The kind that was listed.
            namespace: The namespace that was listed; None: all.
            version: The resource version of the list.
            uids: The objects in it.
        """
        for resource in self.all():
            key = resource.key
            listed = key.kind == kind and namespace in (None, key.namespace)
            if listed and resource.uid not in uids and resource.resource_version <= version:
                self.remove(resource)

    def upsert(self, resource: Resource) -> None:
        """Store the object unless a newer version is known; queue the objects that it affects."""
        if resource.is_gone:  # the reply that removed the last finalizer may come after DELETED
            self.remove(resource)
            return
        key = resource.key
        old = self._objects.get(key)
        if old and old.uid == resource.uid and old.resource_version >= resource.resource_version:
            return
        self._objects[key] = resource
        self._by_uid[resource.uid] = key
        if old and old.uid != resource.uid:
            self._by_uid.pop(old.uid, None)
        self._link(resource, old)
        if old is None or _changed_by_others(old) != _changed_by_others(resource):
            self._queue.add(key)
            if old and key.kind == SECRET:
                self._queue_owner(resource)  # puts its content back
        if old and old.annotations != resource.annotations:
            self._queue_all(it for it in self.dependents(resource) if it.kind != SECRET)
        if old is None or _visible_to_referrers(old) != _visible_to_referrers(resource):
            self._wake_referrers(key)

    def store_reply(self, kind: str, raw: Mapping[str, Any]) -> Resource:
        """Store the API server's reply to a write of the operator, and return the object."""
        resource = _stripped(kind, raw)
        self.upsert(resource)
        return resource

    def remove(self, resource: Resource) -> None:
        """Forget the object, unless another one has its name; queue the objects that it affects."""
        key = resource.key
        old = self._objects.get(key)
        if old is None or old.uid != resource.uid:
            return
        del self._objects[key]
        self._by_uid.pop(old.uid, None)
        self._link(None, old)
        self._references.pop(key, None)
        self._queue.add(key)  # so that the controller drops its memory of the object
        self._wake_referrers(key)

    def _link(self, now: Resource | None, old: Resource | None) -> None:
        """Update the indexes, and wake the owner of an object that was removed."""
        _move(self._by_cloud_id, old, now, lambda resource: resource.awaited_id)
        _move(self._dependents, old, now, lambda resource: resource.controller)
        if old and now is None:
            self._queue_owner(old)  # the owner may create it again
        if (resource := now or old) and resource.key.kind != SECRET:
            self._link_references(resource, now, old)

    def _link_references(
        self, resource: Resource, now: Resource | None, old: Resource | None
    ) -> None:
        before = self._references.get(resource.key, frozenset())
        needed = self._references[resource.key] = self._needed_by(now)
        for used in before - needed:
            _discard(self._referrers, used, resource.key)
            self._queue_all([used])  # its deletion may wait for its last referrer
        for used in needed - before:
            self._referrers[used].add(resource.key)
        deletion_begins = now is not None and now.deleting and not (old and old.deleting)
        added = needed if deletion_begins else needed - before
        self._queue_all(used for used in added if self.has_members(used))

    def _needed_by(self, resource: Resource | None) -> frozenset[Key]:
        """Return the objects that this one refers to.

        There are none once the operator's finalizer is removed. Other finalizers may remain then:
        in a foreground deletion, Kubernetes deletes the dependents first.
        """
        if resource is None or (resource.deleting and not resource.has_finalizer):
            return frozenset()
        kind = self._kinds[resource.key.kind]
        return frozenset({resource.secret_key, *kind.references(resource)})

    def has_members(self, key: Key) -> bool:
        """Return whether the object's desired state depends on its referrers."""
        return key.kind in self._kinds and self._kinds[key.kind].has_members

    def _queue_owner(self, resource: Resource) -> None:
        if owner := self.controller_of(resource):
            self._queue.add(owner.key)

    def _queue_all(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if key in self._objects:
                self._queue.add(key)

    def _wake_referrers(self, key: Key) -> None:
        for referrer in self._referrers.get(key, ()):
            self._queue.add(referrer)


def _move(
    index: defaultdict[V, set[Key]],
    old: Resource | None,
    now: Resource | None,
    value: Callable[[Resource], V | None],
) -> None:
    """Move an object in an index from its old value to its current value."""
    before, after = old and value(old), now and value(now)
    if old and before and before != after:
        _discard(index, before, old.key)
    if now and after:
        index[after].add(now.key)


def _discard(index: defaultdict[Any, set[Key]], value: Any, key: Key) -> None:
    index[value].discard(key)
    if not index[value]:
        del index[value]


def _stripped(kind: str, raw: Mapping[str, Any]) -> Resource:
    """Return the object without unused fields; of a Secret, which has none of them, its identity.

    The watches have no more of a Secret, but the replies to writes do.
    """
    if kind != SECRET:
        return Resource(kind, strip_unused(raw))
    return Resource(kind, {"metadata": {**strip_unused(raw)["metadata"], "labels": {}}})


def _changed_by_others(resource: Resource) -> tuple[object, ...]:
    """Return the parts that people and Kubernetes change, but not the operator."""
    return (
        resource.uid,
        resource.generation,
        resource.deleting,
        resource.annotations,
        resource.labels,
        _content(resource),
    )


def _visible_to_referrers(resource: Resource) -> tuple[object, ...]:
    """Return the parts that referrers of the object read."""
    return (
        resource.uid,
        resource.deleting,
        resource.cloud_id,
        resource.ready,
        resource.stalled_message,
        resource.paused,
        _content(resource),
    )


def _content(resource: Resource) -> int | None:
    """Return what changes whenever the content of a Secret does, which the watches do not have."""
    return resource.resource_version if resource.key.kind == SECRET else None


OnEvent = Callable[[str, str | None, Mapping[str, Any]], None]
