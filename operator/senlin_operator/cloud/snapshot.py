"""One poll of a project, its result, and the differences between two results.

Nothing here names a kind of cloud object: each kind implements `ListedKind`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from openstack_clustering import Action, Proxy, Resource

# INIT is left out. A child in INIT has a parent that is listed, or its parent was interrupted while
# it created children; then the child stays INIT for ever.
UNFINISHED = ("READY", "WAITING", "RUNNING", "WAITING_LIFECYCLE_COMPLETION", "SUSPENDED")

_TARGETS = 100  # in one URL

CloudObject = Resource  # an object of the clustering service that a Kubernetes object can own
C = TypeVar("C", bound=CloudObject)


class ListedKind(Protocol):
    """A kind of cloud objects, as a poll needs it."""

    @property
    def name(self) -> str:
        """Return the kind of the custom resources that these objects are made for."""

    @property
    def on_demand(self) -> bool:
        """Return whether the kind is listed only if such a resource uses the credential."""

    @property
    def resource_type(self) -> type[CloudObject]:
        """The client's class of these objects."""

    def list_objects(self, proxy: Proxy) -> Iterable[CloudObject]:
        """Yield all objects of the kind in the project, by one request without a limit."""

    def owner_uid(self, cloud_object: Any) -> str | None:
        """Return the uid of the Kubernetes object that made this one."""

    def cluster_id(self, cloud_object: Any) -> str | None:
        """Return the id of the cluster that this object is a member of."""


class Watched(NamedTuple):
    """An action whose end is waited for."""

    target: str  # the cloud object that it works on, or was started for
    lock: str | None = None  # the cluster, or the node in none, that it locks


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The result of one poll. Every list was requested after `began` (of the monotonic clock)."""

    began: float
    objects: Mapping[type[CloudObject], Mapping[str, CloudObject]]  # by id
    owners: Mapping[str, str]  # a cloud object's id to the uid of its owner
    cluster_ids: Mapping[str, str]  # a member's id to that of its cluster
    unfinished: Mapping[str, Action]
    ended: Mapping[str, Action]  # of the watched actions
    unknown: frozenset[str] = frozenset()  # watched actions that Senlin has purged
    _members: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _owned: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Invert both maps, as reconciles look up members and owned objects."""
        object.__setattr__(self, "_members", _inverted(self.cluster_ids))
        object.__setattr__(self, "_owned", _inverted(self.owners))

    @classmethod
    def build(
        cls,
        kinds: Iterable[ListedKind],
        lists: Mapping[type[CloudObject], Iterable[CloudObject]],
        **fields: Any,
    ) -> "Snapshot":
        """Return the snapshot of these lists; `fields` are the fields about actions."""
        objects = {type_: {item.id: item for item in items} for type_, items in lists.items()}
        owners: dict[str, str] = {}
        cluster_ids: dict[str, str] = {}
        for kind in kinds:
            for id_, item in objects.get(kind.resource_type, {}).items():
                if uid := kind.owner_uid(item):
                    owners[id_] = uid
                if cluster_id := kind.cluster_id(item):
                    cluster_ids[id_] = cluster_id
        return cls(objects=objects, owners=owners, cluster_ids=cluster_ids, **fields)

    def all(self, type_: type[C]) -> Mapping[str, C]:
        """Return all objects of one kind, by id."""
        return cast("Mapping[str, C]", self.objects.get(type_, {}))

    def members(self, type_: type[C], cluster_id: str) -> tuple[C, ...]:
        """Return the objects of one kind that are members of a cluster, in the list's order."""
        objects = self.all(type_)
        return tuple(objects[id_] for id_ in self._members.get(cluster_id, ()) if id_ in objects)

    def owned(self, type_: type[CloudObject], uid: str) -> list[str]:
        """Return the ids of the objects of one kind with an owner's marker, sorted."""
        objects = self.all(type_)
        return sorted(id_ for id_ in self._owned.get(uid, ()) if id_ in objects)

    def find(self, type_: type[C], id_: str | None, uid: str) -> tuple[C | None, list[str]]:
        """Return the cloud object, and the ids of others with the same owner's marker.

        The object with the id is returned alone. If there is none, as after a lost reply, the
        marker decides; of several objects with it, the first by id, so that the choice is stable.
        """
        objects = self.all(type_)
        if id_ is not None and id_ in objects:
            return objects[id_], []
        owned = self.owned(type_, uid)
        return (objects[owned[0]], owned[1:]) if owned else (None, [])

    def holds(self, id_: str) -> bool:
        """Return whether there is a cloud object with that id."""
        return any(id_ in objects for objects in self.objects.values())

    def actions_of(self, id_: str) -> list[Action]:
        """Return the unfinished actions on a cluster and its nodes, or on a node and its cluster.

        The actions of nodes count for their cluster, as the children of a check and of a recovery
        are stored without a cluster. The actions of other nodes count for a node, as they may be
        the last children of a cluster's failed action, which is not listed any more.
        """
        cluster_id = self.cluster_ids.get(id_, id_)
        touched = {id_, cluster_id, *self._members.get(cluster_id, ())}
        return [
            action
            for action in self.unfinished.values()
            if action.target_id in touched or action.cluster_id == cluster_id
        ]

    def owners_within(self, cluster_ids: Collection[str]) -> set[str]:
        """Return the owners of the members of these clusters."""
        members = (id_ for cluster_id in cluster_ids for id_ in self._members.get(cluster_id, ()))
        return {self.owners[id_] for id_ in members if id_ in self.owners}


def poll(
    proxy: Proxy,
    kinds: Iterable[ListedKind],
    began: float,
    watched: Mapping[str, Watched],
    known: Mapping[str, Action],
) -> Snapshot:
    """List the content of the project.

    Actions come first: a cluster that is read after its last action ended shows its result.
    No limit is given, so that each list is one consistent answer.

    Args:
        proxy: Sends the requests.
        kinds: The kinds of cloud objects to list.
        began: The time (of the monotonic clock) at which the poll began.
        watched: The actions whose ends are waited for.
        known: The watched actions that ended before an earlier poll.
    """
    kinds = tuple(kinds)
    unfinished = {action.id: action for action in proxy.actions(status=list(UNFINISHED))}
    unlisted = watched.keys() - unfinished.keys() - known.keys()
    found = _watched_actions(proxy, {id_: watched[id_] for id_ in unlisted})
    ended = {**known, **{id_: action for id_, action in found.items() if has_ended(action)}}
    return Snapshot.build(
        kinds,
        {kind.resource_type: tuple(kind.list_objects(proxy)) for kind in kinds},
        began=began,
        unfinished=unfinished,
        ended=ended,
        unknown=frozenset(unlisted - found.keys()),
    )


def differences(before: Snapshot, now: Snapshot) -> set[str]:
    """Return the ids, and the owners' uids, of all objects and actions that changed."""
    changed: set[str] = set()
    for type_ in now.objects:
        old, new = before.all(type_), now.all(type_)
        changed |= {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    touched = _touched(before.unfinished, now.unfinished) | _touched(before.ended, now.ended)
    concerned = _concerned(before, changed) | _concerned(now, changed)
    # The owners of nodes wait for the actions of the nodes' cluster.
    return changed | concerned | touched | now.owners_within(touched)


def has_ended(action: Action) -> bool:
    """Return whether the action and all of its children have ended.

    One failing child turns its parent to FAILED at once, while the other children still run.
    """
    return action.status == "SUCCEEDED" or (
        action.status in ("FAILED", "CANCELLED") and not action.depends_on
    )


def _concerned(snapshot: Snapshot, ids: Iterable[str]) -> set[str]:
    """Return the owners of these objects, and the clusters of nodes among them."""
    maps = (snapshot.owners, snapshot.cluster_ids)
    return {found for id_ in ids for map_ in maps if (found := map_.get(id_))}


def _touched(before: Mapping[str, Action], now: Mapping[str, Action]) -> set[str]:
    actions = [before.get(id_) or now[id_] for id_ in before.keys() ^ now.keys()]
    ids = {id_ for action in actions for id_ in (action.id, action.target_id, action.cluster_id)}
    return {id_ for id_ in ids if id_}


def _watched_actions(proxy: Proxy, watched: Mapping[str, Watched]) -> dict[str, Action]:
    """Return the watched actions that Senlin still has; one list call for a hundred targets."""
    if not watched:
        return {}
    targets = sorted({id_ for action in watched.values() for id_ in action if id_})
    return {
        action.id: action
        for start in range(0, len(targets), _TARGETS)
        for action in proxy.actions(target=targets[start : start + _TARGETS])
        if action.id in watched
    }


def _inverted(map_: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    inverted: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in map_.items():
        inverted[value].append(key)
    return {value: tuple(keys) for value, keys in inverted.items()}
