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

    def __init__(self, kinds: Mapping[str, AnyKind], queue: Queue) -> None:
        self._kinds = kinds
        self._queue = queue
        self._objects: dict[Key, Resource] = {}
        self._references: dict[Key, frozenset[Key]] = {}
        self._users: defaultdict[Key, set[Key]] = defaultdict(set)
        self._by_uid: dict[str, Key] = {}
        self._by_cloud_id: defaultdict[str, set[Key]] = defaultdict(set)  # several may show it

    def get(self, key: Key) -> Resource | None:
        return self._objects.get(key)

    def users(self, key: Key) -> list[Key]:
        """Return who refers to the object, sorted."""
        return sorted(self._users.get(key, ()))

    def of(self, ids: Iterable[str]) -> Iterator[Key]:
        """Yield the keys that go with cloud ids or uids."""
        for id_ in ids:
            if id_ in self._by_uid:
                yield self._by_uid[id_]
            yield from self._by_cloud_id.get(id_, ())

    def notice(self, kind: str, event: str | None, raw: Mapping[str, Any]) -> None:
        """Take what a watch or a list shows. It cannot fail."""
        resource = _view(kind, raw)
        if event == "DELETED":
            self._remove(resource)
        else:
            self.put(resource)

    def put(self, resource: Resource) -> None:
        """Keep the object unless a newer version is known; wake whom the change concerns."""
        if resource.finished:  # the reply that took the last finalizer off may come after DELETED
            self._remove(resource)
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

    def _remove(self, resource: Resource) -> None:
        key = resource.key
        old = self._objects.get(key)
        if old is None or old.uid != resource.uid:
            return
        del self._objects[key]
        self._by_uid.pop(old.uid, None)
        self._unlink_cloud(old)
        for used in self._references.pop(key, frozenset()):
            self._unlink(used, key)
        self._queue.add(key)  # so that the worker forgets it, too
        self._wake_users(key)

    def _link(self, resource: Resource, old: Resource | None) -> None:
        if old and old.cloud_id != resource.cloud_id:
            self._unlink_cloud(old)
        if resource.cloud_id:
            self._by_cloud_id[resource.cloud_id].add(resource.key)
        if resource.key.kind == SECRET:
            return
        kind = self._kinds[resource.key.kind]
        now = frozenset({resource.secret, *kind.references(resource)})
        before = self._references.get(resource.key, frozenset())
        self._references[resource.key] = now
        for used in before - now:
            self._unlink(used, resource.key)
        for used in now - before:
            self._users[used].add(resource.key)

    def _unlink_cloud(self, old: Resource) -> None:
        id_ = old.cloud_id
        if id_ is not None and id_ in self._by_cloud_id:
            self._by_cloud_id[id_].discard(old.key)
            if not self._by_cloud_id[id_]:
                del self._by_cloud_id[id_]

    def _unlink(self, used: Key, user: Key) -> None:
        users = self._users[used]
        users.discard(user)
        if not users:
            del self._users[used]
        if used in self._objects:
            self._queue.add(used)  # it may wait for nobody to need it

    def _wake_users(self, key: Key) -> None:
        for user in self._users.get(key, ()):
            self._queue.add(user)


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
        resource.raw.get("fingerprint"),
    )


Notice = Callable[[str, str | None, Mapping[str, Any]], None]
