"""The objects as last seen, who refers to whom, and who is woken by a change."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from senlin_operator.cloud.credentials import fingerprint
from senlin_operator.engine.kind import AnyKind
from senlin_operator.engine.queue import Queue
from senlin_operator.kube.objects import SECRET, Key, Resource, slim


class Cache:
    """Filled by a list at the start, by the watches, and by the replies to our own writes.

    A status that we wrote ourselves wakes nobody but those who refer to the object.
    """

    def __init__(
        self,
        kinds: Mapping[str, AnyKind],
        queue: Queue,
        concerns: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._kinds = kinds
        self._queue = queue
        self._concerns = concerns  # whether a namespace's objects are for this process
        self._objects: dict[Key, Resource] = {}
        self._references: dict[Key, frozenset[Key]] = {}
        self._users: defaultdict[Key, set[Key]] = defaultdict(set)
        self._children: defaultdict[str, set[Key]] = defaultdict(set)  # by the owner's uid
        self._by_uid: dict[str, Key] = {}
        self._by_cloud_id: defaultdict[str, set[Key]] = defaultdict(set)  # several may show it

    def get(self, key: Key) -> Resource | None:
        return self._objects.get(key)

    def all(self) -> list[Resource]:
        """Return all objects. From any thread."""
        return list(self._objects.values())

    def users(self, key: Key) -> list[Key]:
        """Return who refers to the object, sorted."""
        return sorted(self._users.get(key, ()))

    def children(self, uid: str) -> list[Key]:
        """Return what the object owns, sorted."""
        return sorted(self._children.get(uid, ()))

    def of(self, ids: Iterable[str]) -> Iterator[Key]:
        """Yield the keys that go with cloud ids or uids."""
        for id_ in ids:
            if id_ in self._by_uid:
                yield self._by_uid[id_]
            yield from self._by_cloud_id.get(id_, ())

    def notice(self, kind: str, event: str | None, raw: Mapping[str, Any]) -> None:
        """Take what a watch or a list shows. It cannot fail."""
        if not self._concerns(raw["metadata"]["namespace"]):
            return
        resource = _view(kind, raw)
        if event == "DELETED":
            self.drop(resource)
        else:
            self.put(resource)

    def put(self, resource: Resource) -> None:
        """Keep the object unless a newer version is known; wake whom the change concerns."""
        if resource.finished:  # the reply that took the last finalizer off may come after DELETED
            self.drop(resource)
            return
        key = resource.key
        old = self._objects.get(key)
        if old and old.uid == resource.uid and old.version >= resource.version:
            return
        self._objects[key] = resource
        self._by_uid[resource.uid] = key
        if old and old.uid != resource.uid:
            self._by_uid.pop(old.uid, None)
        self._link(resource, old)
        if old is None or _trigger(old) != _trigger(resource):
            self._queue.add(key)
        if old is None or _facade(old) != _facade(resource):
            self._wake_users(key)

    def replace(self, kind: str, raw: Mapping[str, Any]) -> Resource:
        """Keep what the API server answered to our own write, and return it."""
        resource = _view(kind, raw)
        self.put(resource)
        return resource

    def drop(self, resource: Resource) -> None:
        """Forget the object, unless another has its name by now; wake whom that concerns."""
        key = resource.key
        old = self._objects.get(key)
        if old is None or old.uid != resource.uid:
            return
        del self._objects[key]
        self._by_uid.pop(old.uid, None)
        self._link(None, old)
        self._references.pop(key, None)
        self._queue.add(key)  # so that the worker forgets it, too
        self._wake_users(key)

    def _link(self, now: Resource | None, old: Resource | None) -> None:
        """Keep the indexes; wake those who learn something by it."""
        _move(self._by_cloud_id, old, now, lambda it: it.cloud_id)
        _move(self._children, old, now, lambda it: it.owner)
        if old and old.owner and now is None:
            self._queue_all(self.of([old.owner]))  # it may want another one
        if (resource := now or old) and resource.key.kind != SECRET:
            self._link_references(resource, now, old)

    def _link_references(
        self, resource: Resource, now: Resource | None, old: Resource | None
    ) -> None:
        before = self._references.get(resource.key, frozenset())
        needed = self._references[resource.key] = self._needed_by(now)
        for used in before - needed:
            _discard(self._users, used, resource.key)
            self._queue_all([used])  # it may wait for nobody to need it
        for used in needed - before:
            self._users[used].add(resource.key)
        begins_to_go = now is not None and now.deleting and not (old and old.deleting)
        self._queue_all(
            used for used in (needed if begins_to_go else needed - before) if self._counts(used)
        )

    def _needed_by(self, resource: Resource | None) -> frozenset[Key]:
        """Return whom the object refers to.

        Nobody once we are through with it, though others still hold it: in a foreground deletion,
        what it owns goes first.
        """
        if resource is None or (resource.deleting and not resource.guarded):
            return frozenset()
        kind = self._kinds[resource.key.kind]
        return frozenset({resource.secret, *kind.references(resource)})

    def _counts(self, key: Key) -> bool:
        """Return whether the object's spec depends on who refers to it."""
        return key.kind in self._kinds and self._kinds[key.kind].neighbours is not None

    def _queue_all(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if key in self._objects:
                self._queue.add(key)

    def _wake_users(self, key: Key) -> None:
        for user in self._users.get(key, ()):
            self._queue.add(user)


def _move(
    index: defaultdict[str, set[Key]],
    old: Resource | None,
    now: Resource | None,
    value: Callable[[Resource], str | None],
) -> None:
    """Move an object in an index to where its present value belongs."""
    before, after = old and value(old), now and value(now)
    if old and before and before != after:
        _discard(index, before, old.key)
    if now and after:
        index[after].add(now.key)


def _discard(index: defaultdict[Any, set[Key]], at: Any, key: Key) -> None:
    index[at].discard(key)
    if not index[at]:
        del index[at]


def _view(kind: str, raw: Mapping[str, Any]) -> Resource:
    if kind != SECRET:
        return Resource(kind, slim(raw))
    metadata = slim(raw)["metadata"]
    return Resource(kind, {"metadata": metadata, "fingerprint": fingerprint(raw.get("data"))})


def _trigger(resource: Resource) -> tuple[object, ...]:
    """Return what a person or Kubernetes changes; our own status is not in it."""
    return (
        resource.uid,
        resource.generation,
        resource.deleting,
        resource.annotations,
        resource.raw.get("fingerprint"),
    )


def _facade(resource: Resource) -> tuple[object, ...]:
    """Return what those who refer to the object see of it."""
    return (
        resource.uid,
        resource.deleting,
        resource.cloud_id,
        resource.settled,
        resource.stalled,
        resource.raw.get("fingerprint"),
    )


Notice = Callable[[str, str | None, Mapping[str, Any]], None]
