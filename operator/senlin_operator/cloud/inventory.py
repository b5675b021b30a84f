"""What a project holds in Senlin, by a few list calls a tick, shared by all of its objects.

Senlin has neither a watch nor a "changed since" filter. So one loop per credential lists, compares
with the tick before, and wakes only those whose cloud objects changed: a tick costs the same
number of requests for one cluster and for a thousand.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openstack_clustering import Action, ClientException, Cluster, Node, Policy, Profile, Proxy
from openstack_clustering.exceptions import AuthenticationFailed, EndpointNotFound
from senlin_operator.cloud.pace import Pace
from senlin_operator.kube.objects import GROUP, Key

OWNER = f"{GROUP}/uid"  # the metadata key that says whose a cloud object is

# INIT is left out: a child that its parent has not finished building has a parent that is listed,
# and one whose parent broke off stays INIT for ever.
UNFINISHED = ("READY", "WAITING", "RUNNING", "WAITING_LIFECYCLE_COMPLETION", "SUSPENDED")

_TARGETS = 100  # in one URL
_LOG = logging.getLogger(__name__)


CloudObject = Cluster | Node | Profile | Policy  # what can be somebody's


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at a project. Every list was asked for after `began` (of the monotonic clock)."""

    began: float
    profiles: Mapping[str, Profile]
    policies: Mapping[str, Policy]
    clusters: Mapping[str, Cluster]
    nodes: Mapping[str, Node]
    members: Mapping[str, tuple[Node, ...]]  # by cluster
    unfinished: Mapping[str, Action]
    ended: Mapping[str, Action]  # the watched ones of them
    unknown: frozenset[str] = frozenset()  # of the watched ones: no list shows them any more

    @property
    def owned(self) -> tuple[Mapping[str, CloudObject], ...]:
        """Return what can be somebody's, by id; a mapping for each kind."""
        return self.clusters, self.nodes, self.profiles, self.policies

    def holds(self, id_: str) -> bool:
        """Return whether there is a cloud object with that id."""
        return any(id_ in objects for objects in self.owned)

    def actions_of(self, id_: str) -> list[Action]:
        """Return the unfinished actions that keep others off a cluster, or off a node.

        A cluster is touched by the actions of its nodes as well: the children of a check and of a
        recovery are stored without a cluster. A node is touched by what its cluster does; that may
        show by actions on other nodes alone, as a cluster's failed action is not listed though
        its last children still run.
        """
        node = self.nodes.get(id_)
        around = (node.cluster_id if node else None) or id_
        touched = {id_, around, *(it.id for it in self.members.get(around, ()))}
        return [
            action
            for action in self.unfinished.values()
            if action.target_id in touched or action.cluster_id == around
        ]


def owner_of(resource: CloudObject) -> str | None:
    """Return the uid of the Kubernetes object that made this one."""
    if isinstance(resource, Policy):
        title, _, uid = resource.name.rpartition(".")
        return uid if title else None
    return (resource.metadata or {}).get(OWNER)


def ending(uid: str) -> str:
    """Return the end of the name by which an object without metadata says whose it is."""
    return f".{uid}"


class Watched(NamedTuple):
    """An action that somebody waits for."""

    target: str  # the cloud object that it works on, or is started for
    lock: str | None = None  # the cluster that it keeps others off, which may be the target


@dataclass(slots=True)
class Waking:
    """Whom a tick wakes: who waits for it, and the owners and users of what changed."""

    changed: Callable[[set[str]], None]  # takes cloud ids and owners' uids
    looked: Callable[[Iterable[Key]], None]  # takes the keys that waited


@dataclass(slots=True)
class Inventory:
    """The loop and its latest snapshot. Used from the event loop only."""

    call: Callable[[str, Callable[[Proxy], Any]], Awaitable[Any]]
    waking: Waking
    pace: Pace = field(default_factory=Pace)
    snapshot: Snapshot | None = None
    error: ClientException | None = None  # of the latest tick
    _awaiting: set[Key] = field(default_factory=set)
    _watched: dict[str, Watched] = field(default_factory=dict)  # by action id
    _sending: set[str] = field(default_factory=set)  # what requests under way will lock
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _made: float = field(default_factory=time.monotonic)

    def wait_for_look(self, key: Key) -> None:
        """Wake the key after the next tick that begins from now on, which comes soon."""
        self._awaiting.add(key)
        self._asked.set()

    def watch(self, action_id: str, target: str, lock: str | None = None) -> None:
        """Keep an eye on an action: when it has ended, the snapshot has it in `ended`.

        Args:
            action_id: The action.
            target: The cloud object that it works on.
            lock: The cluster, or the node without one, that it keeps others off.
        """
        if action_id not in self._watched:
            self._watched[action_id] = Watched(target, lock)
            self._asked.set()

    def unwatch(self, action_id: str) -> None:
        """Forget an action whose end is known."""
        self._watched.pop(action_id, None)

    def forget(self, target: str) -> None:
        """Forget the actions on a cloud object that nobody looks after any more."""
        self._watched = {id_: it for id_, it in self._watched.items() if it.target != target}

    def locked(self, lock: str, by: str | None = None) -> bool:
        """Return whether a request or an action of this process keeps others off.

        A cluster and its declared nodes are worked on apart, so two of them could start an action
        from the same look; Senlin refuses the second one too late, if at all.

        Args:
            lock: The cluster, or the node without one.
            by: The cloud object that asks, if its own actions do not keep it off.
        """
        over = self.snapshot.ended.keys() | self.snapshot.unknown if self.snapshot else ()
        running = (it for id_, it in self._watched.items() if id_ not in over)
        return lock in self._sending or any(it.lock == lock and it.target != by for it in running)

    @contextmanager
    def locking(self, lock: str | None) -> Iterator[None]:
        """Keep others off while a request is under way; its action may keep them off afterwards."""
        if lock is None:
            yield
            return
        self._sending.add(lock)
        try:
            yield
        finally:
            self._sending.discard(lock)

    @property
    def age(self) -> float:
        """Return how many seconds ago the latest good look began, or else this inventory."""
        return time.monotonic() - (self.snapshot.began if self.snapshot else self._made)

    @property
    def running(self) -> int:
        """Return how many watched actions have not been seen to end."""
        ended = self.snapshot.ended if self.snapshot else {}
        return sum(id_ not in ended for id_ in list(self._watched))

    async def run(self) -> None:
        """Look at the project again and again."""
        failures = 0
        while True:
            began = time.monotonic()
            awaiting, self._awaiting = self._awaiting, set()
            self._asked.clear()
            try:
                await self._tick(began)
                failures = 0
            except ClientException as error:
                failures += 1
                self._failed(error)
            except Exception:  # noqa: BLE001 - a bug must not end all looks, and with them all work
                failures += 1
                _LOG.exception("unexpected")
            self.waking.looked(awaiting)
            await self._pause(began, failures)

    async def _tick(self, began: float) -> None:
        watched = dict(self._watched)
        seen = self.snapshot.ended if self.snapshot else {}
        known = {id_: action for id_, action in seen.items() if id_ in watched}
        snapshot: Snapshot = await self.call(
            "look", lambda proxy: look(proxy, began, watched, known)
        )
        if self.error:
            _LOG.info("the project can be looked at again")
        before, self.snapshot, self.error = self.snapshot, snapshot, None
        if before is not None:
            changed = differences(before, snapshot)
            if changed:
                self.pace.stir()
            self.waking.changed(changed)

    @property
    def refused(self) -> bool:
        """Whether the credential is known to be of no use."""
        return isinstance(self.error, AuthenticationFailed | EndpointNotFound)

    def _failed(self, error: ClientException) -> None:
        known = self.refused
        if type(error) is not type(self.error):
            _LOG.warning("the project cannot be looked at", extra={"error": str(error)})
        self.error = error
        if self.refused and not known and self.snapshot:  # its objects should say so, each once
            self.waking.changed({id_ for objects in self.snapshot.owned for id_ in objects})

    async def _pause(self, began: float, failures: int) -> None:
        took = time.monotonic() - began
        if failures:
            await asyncio.sleep(self.pace.after_a_failure(failures))
            return
        await asyncio.gather(
            asyncio.sleep(self.pace.after_a_look(took)),
            self._until_asked(self.pace.until_the_next(took, busy=self._busy)),
        )

    async def _until_asked(self, seconds: float) -> None:
        """Wait for somebody to ask for a look, but no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()
                self.pace.stir()

    @property
    def _busy(self) -> bool:
        if self.snapshot is None:
            return True
        return bool(self.snapshot.unfinished or self.running)


def look(
    proxy: Proxy, began: float, watched: Mapping[str, Watched], known: Mapping[str, Action]
) -> Snapshot:
    """List what the project holds.

    Actions come first: a cluster that is read after its last action ended shows the result of it.
    No limit is given, so that each list is one consistent answer.
    """
    unfinished = {action.id: action for action in proxy.actions(status=list(UNFINISHED))}
    open_ = {id_: to for id_, to in watched.items() if id_ not in unfinished and id_ not in known}
    found = _found(proxy, open_)
    ended = {**known, **{id_: action for id_, action in found.items() if has_ended(action)}}
    clusters = {cluster.id: cluster for cluster in proxy.clusters()}
    nodes = {node.id: node for node in proxy.nodes()}
    return Snapshot(
        began=began,
        profiles={profile.id: profile for profile in proxy.profiles()},
        policies={policy.id: policy for policy in proxy.policies()},
        clusters=clusters,
        nodes=nodes,
        members=by_cluster(nodes.values()),
        unfinished=unfinished,
        ended=ended,
        unknown=frozenset(open_.keys() - found.keys()),
    )


def differences(before: Snapshot, now: Snapshot) -> set[str]:
    """Return the ids, and the owners' uids, of what is not as it was."""
    changed: set[str] = set()
    for old, new in zip(before.owned, now.owned, strict=True):
        for id_ in old.keys() | new.keys():
            if (one := old.get(id_)) != (other := new.get(id_)):
                changed.add(id_)
                for it in (one, other):
                    changed |= _concerned(it) if it else set()
    touched = _touched(before.unfinished, now.unfinished) | _touched(before.ended, now.ended)
    return changed | touched | _owners_within(now, touched)


def _concerned(it: CloudObject) -> set[str]:
    """Return who else is woken by a change: the owner, and the cluster of a node."""
    cluster_id = it.cluster_id if isinstance(it, Node) else None
    return {id_ for id_ in (owner_of(it), cluster_id) if id_}


def by_cluster(nodes: Iterable[Node]) -> dict[str, tuple[Node, ...]]:
    """Return the members of each cluster."""
    members: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.cluster_id:
            members[node.cluster_id].append(node)
    return {cluster_id: tuple(found) for cluster_id, found in members.items()}


def _touched(before: Mapping[str, Action], now: Mapping[str, Action]) -> set[str]:
    actions = [before.get(id_) or now[id_] for id_ in before.keys() ^ now.keys()]
    return {id_ for action in actions for id_ in (action.target_id, action.cluster_id) if id_}


def _owners_within(now: Snapshot, ids: set[str]) -> set[str]:
    """Return the owners of the nodes in these clusters: they wait for the clusters' actions."""
    members = (node for id_ in ids for node in now.members.get(id_, ()))
    return {uid for node in members if (uid := owner_of(node))}


def _found(proxy: Proxy, watched: Mapping[str, Watched]) -> dict[str, Action]:
    """Return those of the watched actions that Senlin knows; one list call for all of them."""
    if not watched:
        return {}
    targets = sorted({id_ for it in watched.values() for id_ in it if id_})
    return {
        action.id: action
        for at in range(0, len(targets), _TARGETS)
        for action in proxy.actions(target=targets[at : at + _TARGETS])
        if action.id in watched
    }


def has_ended(action: Action) -> bool:
    """Return whether nothing of the action goes on.

    One failing child turns its parent to FAILED at once, while the others still run.
    """
    return action.status == "SUCCEEDED" or (
        action.status in ("FAILED", "CANCELLED") and not action.depends_on
    )
