"""What polls have shown of a project, and the differences between two such snapshots.

Nothing here names a kind of cloud object: each kind implements `ListedKind`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from openstack_clustering import Action, Proxy, Resource
from senlin_operator.cloud import documents
from senlin_operator.cloud.overlay import Groups, Overlay, grouped, regrouped, unshared

CloudObject = Resource  # an object of the clustering service that a Kubernetes object can own
C = TypeVar("C", bound=CloudObject)


class Marker(NamedTuple):
    """What a cloud object says of its owner."""

    uid: str
    kubernetes: str = ""  # empty: it does not say
    place: str = ""  # in that Kubernetes; empty: it does not say


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

    def get_object(self, proxy: Proxy, id_: str) -> CloudObject:
        """Return one object.

        Raises:
            ResourceNotFound: The project has no such object.
        """

    def list_members(self, proxy: Proxy, cluster: CloudObject) -> Iterable[CloudObject]:
        """Yield the objects of the kind that are members of the cluster; none of another object.

        Raises:
            BadRequest: The cluster does not exist any more.
        """

    def marker(self, cloud_object: Any) -> Marker | None:
        """Return what the object says of the Kubernetes object that made it."""

    def cluster_id(self, cloud_object: Any) -> str | None:
        """Return the id of the cluster that this object is a member of."""


class Watched(NamedTuple):
    """An action whose end is waited for."""

    target: str  # the cloud object that it works on, or was started for
    lock: str | None = None  # the cluster, or the node in none, that it locks


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The result of one whole poll, and of the partial polls since. Times are monotonic."""

    began: float  # every list was requested after this time
    objects: Mapping[type[CloudObject], Mapping[str, CloudObject]]  # by id
    markers: Mapping[str, Marker]  # by the cloud object's id
    cluster_ids: Mapping[str, str]  # a member's id to that of its cluster
    unfinished: Mapping[str, Action]
    ended: Mapping[str, Action]  # of the watched actions
    _members: Groups = field(repr=False, compare=False)  # by the id of their cluster
    _owned: Groups = field(repr=False, compare=False)  # by the uid in the marker
    _placed: Groups = field(repr=False, compare=False)  # by the place in the marker
    unknown: frozenset[str] = frozenset()  # watched actions that Senlin has purged
    newest: Mapping[str, Action] = field(default_factory=dict)  # the newest, whether ended or not
    polled: float = 0.0  # every action was requested after this time
    read: Mapping[str, float] = field(default_factory=dict)  # when single objects were requested
    flaws: Mapping[str, str] = field(default_factory=dict)  # what is unusable of some objects

    def __post_init__(self) -> None:
        """Count a whole poll among the polls."""
        object.__setattr__(self, "polled", max(self.began, self.polled))

    @classmethod
    def build(
        cls,
        kinds: Iterable[ListedKind],
        lists: Mapping[type[CloudObject], Iterable[CloudObject]],
        **fields: Any,
    ) -> "Snapshot":
        """Return the snapshot of these lists; `fields` are the fields about actions.

        Raises:
            InvalidResponse: A list does not show which objects there are.
        """
        objects: dict[type[CloudObject], Mapping[str, CloudObject]] = {}
        flaws: dict[str, str] = {}
        for type_, items in lists.items():
            objects[type_], of_type = documents.by_id(items)
            flaws |= of_type
        markers: dict[str, Marker] = {}
        cluster_ids: dict[str, str] = {}
        for kind in kinds:
            _index(kind, objects.get(kind.resource_type, {}), markers, cluster_ids)
        return cls(
            objects=objects,
            markers=markers,
            cluster_ids=cluster_ids,
            flaws=flaws,
            _members=grouped(cluster_ids),
            _owned=grouped(_uids(markers)),
            _placed=grouped(_places(markers)),
            **fields,
        )

    def with_read(
        self,
        kinds: Iterable[ListedKind],
        found: Mapping[type[CloudObject], Mapping[str, CloudObject | None]],
        flaws: Mapping[str, str],
        polled: float,
        **fields: Any,
    ) -> "Snapshot":
        """Return the snapshot with these objects in place of what it had of them.

        Args:
            kinds: The kinds of cloud objects that the project is listed for.
            found: The objects by class and id; None: Senlin has no such object.
            flaws: What is unusable of some of them.
            polled: The time at which the poll that read them began.
            fields: The fields about actions.
        """
        objects = {**self.objects}
        markers: dict[str, Marker] = {}
        cluster_ids: dict[str, str] = {}
        for kind in kinds:
            of_kind = found.get(kind.resource_type, {})
            if not of_kind:
                continue
            objects[kind.resource_type] = Overlay(self.all(kind.resource_type), of_kind)
            present = {id_: item for id_, item in of_kind.items() if item is not None}
            _index(kind, present, markers, cluster_ids)
        read = {id_: polled for of_kind in found.values() for id_ in of_kind}
        had = {id_: marker for id_ in read if (marker := self.markers.get(id_))}
        was_in = {id_: cluster for id_ in read if (cluster := self.cluster_ids.get(id_))}
        return Snapshot(
            began=self.began,
            objects=objects,
            markers=Overlay(self.markers, dict.fromkeys(read) | markers),
            cluster_ids=Overlay(self.cluster_ids, dict.fromkeys(read) | cluster_ids),
            _members=regrouped(self._members, was_in, cluster_ids),
            _owned=regrouped(self._owned, _uids(had), _uids(markers)),
            _placed=regrouped(self._placed, _places(had), _places(markers)),
            flaws={id_: it for id_, it in self.flaws.items() if id_ not in read} | {**flaws},
            polled=polled,
            read={**self.read, **read},
            **fields,
        )

    def all(self, type_: type[C]) -> Mapping[str, C]:
        """Return all objects of one kind, by id, also those whose values are not all usable."""
        return cast("Mapping[str, C]", self.objects.get(type_, {}))

    def as_of(self, id_: str | None) -> float:
        """Return the time after which the object was requested; None: any object."""
        return max(self.began, self.read.get(id_ or "", self.began))

    def type_of(self, id_: str) -> type[CloudObject] | None:
        """Return the client's class of a cloud object; None: it is not known."""
        return next((type_ for type_, objects in self.objects.items() if id_ in objects), None)

    # What is read of one object is acted upon, so it must be what Senlin says.

    def get(self, type_: type[C], id_: str) -> C | None:
        """Return an object of one kind; None: there is none.

        Raises:
            InvalidResponse: What Senlin says of it is unusable.
        """
        found = self.all(type_).get(id_)
        if found is not None and (flaw := self.flaws.get(id_)):
            raise documents.invalid(flaw)
        return found

    def members(self, type_: type[C], cluster_id: str) -> tuple[C, ...]:
        """Return the objects of one kind that are members of a cluster, in the list's order.

        Raises:
            InvalidResponse: What Senlin says of one of them is unusable.
        """
        members = (self.get(type_, id_) for id_ in self._members.get(cluster_id, ()))
        return tuple(member for member in members if member is not None)

    def member_ids(self, type_: type[CloudObject], cluster_id: str) -> set[str]:
        """Return the ids of the objects of one kind that are members of a cluster."""
        objects = self.all(type_)
        return {id_ for id_ in self._members.get(cluster_id, ()) if id_ in objects}

    def owned(self, type_: type[CloudObject], uid: str) -> list[str]:
        """Return the ids of the objects of one kind with an owner's marker, sorted."""
        objects = self.all(type_)
        return sorted(id_ for id_ in self._owned.get(uid, ()) if id_ in objects)

    def placed(self, type_: type[CloudObject], place: str) -> list[str]:
        """Return the ids of the objects of one kind whose marker has a place, sorted."""
        objects = self.all(type_)
        return sorted(id_ for id_ in self._placed.get(place, ()) if id_ in objects)

    def owner_uid(self, id_: str) -> str | None:
        """Return the uid in the marker of an object."""
        marker = self.markers.get(id_)
        return marker.uid if marker else None

    def find(self, type_: type[C], id_: str | None, uid: str) -> tuple[C | None, list[str]]:
        """Return the cloud object, and the ids of others with the same owner's marker.

        The object with the id is returned alone. If there is none, as after a lost reply, the
        marker decides; of several objects with it, the first by id, so that the choice is stable.

        Raises:
            InvalidResponse: What Senlin says of it is unusable.
        """
        if id_ is not None and (found := self.get(type_, id_)):
            return found, []
        owned = self.owned(type_, uid)
        return (self.get(type_, owned[0]), owned[1:]) if owned else (None, [])

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
        return {self.markers[id_].uid for id_ in members if id_ in self.markers}


def differences(before: Snapshot, now: Snapshot) -> set[str]:
    """Return the ids, and the owners' uids, of all objects and actions that changed."""
    changed: set[str] = set()
    for type_ in now.objects:
        old, new = before.all(type_), now.all(type_)
        changed |= {id_ for id_ in unshared(old, new) if _differ(old.get(id_), new.get(id_))}
    touched = _touched(before.unfinished, now.unfinished) | _touched(before.ended, now.ended)
    concerned = _concerned(before, changed) | _concerned(now, changed)
    # The owners of nodes wait for the actions of the nodes' cluster.
    return changed | concerned | touched | now.owners_within(touched)


def _differ(old: CloudObject | None, new: CloudObject | None) -> bool:
    try:
        return old is not new and old != new
    except RecursionError:  # what can be read is nested more deeply than what can be compared
        return True


def _concerned(snapshot: Snapshot, ids: Iterable[str]) -> set[str]:
    """Return the owners of these objects, and the clusters of nodes among them."""
    concerned: set[str] = set()
    for id_ in ids:
        if marker := snapshot.markers.get(id_):
            concerned.add(marker.uid)
        if cluster_id := snapshot.cluster_ids.get(id_):
            concerned.add(cluster_id)
    return concerned


def _touched(before: Mapping[str, Action], now: Mapping[str, Action]) -> set[str]:
    actions = [before.get(id_) or now[id_] for id_ in before.keys() ^ now.keys()]
    ids = {id_ for action in actions for id_ in (action.id, action.target_id, action.cluster_id)}
    return {id_ for id_ in ids if id_}


def _index(
    kind: ListedKind,
    objects: Mapping[str, CloudObject],
    markers: dict[str, Marker],
    cluster_ids: dict[str, str],
) -> None:
    """Add the markers of the objects, and the clusters that they are members of."""
    for id_, item in objects.items():
        if marker := kind.marker(item):
            markers[id_] = marker
        if cluster_id := kind.cluster_id(item):
            cluster_ids[id_] = cluster_id


def _uids(markers: Mapping[str, Marker]) -> dict[str, str]:
    return {id_: it.uid for id_, it in markers.items()}


def _places(markers: Mapping[str, Marker]) -> dict[str, str]:
    return {id_: it.place for id_, it in markers.items() if it.place}
