"""The polls of a project: a whole one lists everything, a partial one asks for what is in question.

What makes a snapshot trustworthy holds for both. Actions are asked for first, so that an object
that is read after its last action ended shows its result. An object counts as absent only if a
whole list does not have it, or if Senlin answers 404 for its id.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from openstack_clustering import Action, Proxy
from openstack_clustering.exceptions import BadRequest, ResourceNotFound
from senlin_operator.cloud.documents import by_id
from senlin_operator.cloud.snapshot import CloudObject, ListedKind, Snapshot, Watched

# INIT is left out. A child in INIT has a parent that is listed, or its parent was interrupted while
# it created children; then the child stays INIT for ever.
UNFINISHED = ("READY", "WAITING", "RUNNING", "WAITING_LIFECYCLE_COMPLETION", "SUSPENDED")

_TARGETS = 100  # in one URL
_NEWEST = 50  # actions that show what others have begun since the latest poll

Subjects = Mapping[str, type[CloudObject]]  # ids of cloud objects, with the client's class of each


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll is asked for, beside the cloud objects.

    Attributes:
        began: The time (of the monotonic clock) at which the poll began.
        watched: The actions whose ends are waited for.
        known: The watched actions that ended before an earlier poll.
        newest: Whether to ask for the newest actions, too, so that the next poll can be partial.
    """

    began: float
    watched: Mapping[str, Watched]
    known: Mapping[str, Action]
    newest: bool = False


class Actions(NamedTuple):
    """The actions of a poll, as the fields of `Snapshot` with these names."""

    unfinished: Mapping[str, Action]
    ended: Mapping[str, Action]
    unknown: frozenset[str]
    newest: Mapping[str, Action]


def whole(proxy: Proxy, kinds: Iterable[ListedKind], poll: Poll) -> Snapshot:
    """List the content of the project; each list is one consistent answer, as it has no limit.

    Raises:
        ClientException: A list is refused, or does not show which objects there are.
    """
    kinds = tuple(kinds)
    return _listed(proxy, kinds, poll, _actions(proxy, poll))


def partial(
    proxy: Proxy,
    kinds: Iterable[ListedKind],
    poll: Poll,
    before: Snapshot,
    subjects: Subjects,
    matters: Callable[[str], bool],
    limit: int,
) -> Snapshot:
    """Read what is in question, and return the snapshot with that in place of what it had.

    In question are the subjects, and what matters among the targets of actions that run, or that
    have begun or ended since the snapshot. A cluster is read with its members, and a member with
    its cluster.

    Args:
        proxy: Sends the requests.
        kinds: The kinds of cloud objects that the project is listed for.
        poll: What is asked for beside them; the newest actions always are.
        before: The latest snapshot.
        subjects: What is waited for.
        matters: Whether anybody wants to know of the cloud object with that id. From any thread.
        limit: The number of objects above which the poll is a whole one.

    Raises:
        ClientException: A request is refused, or its reply does not show which objects there are.
    """
    kinds = tuple(kinds)
    actions = _actions(proxy, poll)
    concerned = {
        id_: type_
        for id_ in _targets(before, actions)
        if (matters(id_) or matters(before.cluster_ids.get(id_, "")))
        and (type_ := before.type_of(id_))
    }
    groups = _groups({**concerned, **subjects}, before)
    if _missed(before, actions) or len(groups) > limit:
        return _listed(proxy, kinds, poll, actions)
    found, flaws = _read(proxy, kinds, groups, before)
    return before.with_read(kinds, found, flaws, polled=poll.began, **actions._asdict())


def has_ended(action: Action) -> bool:
    """Return whether the action and all of its children have ended.

    One failing child turns its parent to FAILED at once, while the other children still run.
    """
    return action.status == "SUCCEEDED" or (
        action.status in ("FAILED", "CANCELLED") and not action.depends_on
    )


def _listed(proxy: Proxy, kinds: tuple[ListedKind, ...], poll: Poll, actions: Actions) -> Snapshot:
    lists = {kind.resource_type: tuple(kind.list_objects(proxy)) for kind in kinds}
    return Snapshot.build(kinds, lists, began=poll.began, **actions._asdict())


def _actions(proxy: Proxy, poll: Poll) -> Actions:
    unfinished, _ = by_id(proxy.actions(status=list(UNFINISHED)))
    unlisted = poll.watched.keys() - unfinished.keys() - poll.known.keys()
    found = _watched_actions(proxy, {id_: poll.watched[id_] for id_ in unlisted})
    ended = {id_: action for id_, action in found.items() if has_ended(action)}
    newest = proxy.actions(sort="created_at:desc", limit=_NEWEST) if poll.newest else ()
    return Actions(
        unfinished,
        {**poll.known, **ended},
        frozenset(unlisted - found.keys()),
        by_id(islice(newest, _NEWEST))[0],
    )


def _watched_actions(proxy: Proxy, watched: Mapping[str, Watched]) -> dict[str, Action]:
    """Return the watched actions that Senlin still has; one list call for a hundred targets."""
    if not watched:
        return {}
    targets = sorted({id_ for action in watched.values() for id_ in action if id_})
    found: dict[str, Action] = {}
    for start in range(0, len(targets), _TARGETS):
        found |= by_id(proxy.actions(target=targets[start : start + _TARGETS]))[0]
    return {id_: action for id_, action in found.items() if id_ in watched}


def _targets(before: Snapshot, now: Actions) -> set[str]:
    """Return the ids of what actions work on, or have worked on since the snapshot."""
    new = [action for id_, action in now.newest.items() if id_ not in before.newest]
    touched = [*before.unfinished.values(), *now.unfinished.values(), *now.ended.values(), *new]
    return {id_ for it in touched for id_ in (it.target_id, it.cluster_id) if id_}


def _missed(before: Snapshot, now: Actions) -> bool:
    """Return whether actions may have begun that the newest ones do not show any more."""
    return len(now.newest) == _NEWEST and before.newest.keys().isdisjoint(now.newest)


def _groups(subjects: Subjects, before: Snapshot) -> dict[str, type[CloudObject] | None]:
    """Return what to read: clusters stand for their members."""
    clusters = {id_: before.cluster_ids.get(id_, id_) for id_ in subjects}
    return {
        cluster: subjects[id_] if cluster == id_ else before.type_of(cluster)
        for id_, cluster in clusters.items()
    }


def _read(
    proxy: Proxy,
    kinds: Iterable[ListedKind],
    groups: Mapping[str, type[CloudObject] | None],
    before: Snapshot,
) -> tuple[dict[type[CloudObject], dict[str, CloudObject | None]], dict[str, str]]:
    """Return the objects of the groups, by class and id, and what is unusable of some.

    None in place of an object: Senlin has no such object.
    """
    flaws: dict[str, str] = {}
    by_type = {kind.resource_type: kind for kind in kinds}
    found: dict[type[CloudObject], dict[str, CloudObject | None]] = {it: {} for it in by_type}
    for id_, type_ in groups.items():
        if type_ is None or type_ not in by_type:
            continue
        it = found[type_][id_] = _get(proxy, by_type[type_], id_, flaws)
        for kind in kinds:
            members = _members(proxy, kind, it, flaws) if it else {}
            found[kind.resource_type].update(members)
            # What is not a member any more is in another cluster, in none, or deleted.
            left = before.member_ids(kind.resource_type, id_) - members.keys()
            for member in left - groups.keys() - found[kind.resource_type].keys():
                found[kind.resource_type][member] = _get(proxy, kind, member, flaws)
    return found, flaws


def _members(
    proxy: Proxy, kind: ListedKind, cluster: CloudObject, flaws: dict[str, str]
) -> dict[str, CloudObject]:
    try:
        members, of_members = by_id(kind.list_members(proxy, cluster))
    except BadRequest:  # Senlin's answer if the cluster has been deleted meanwhile
        return {}
    flaws |= of_members
    return members


def _get(proxy: Proxy, kind: ListedKind, id_: str, flaws: dict[str, str]) -> CloudObject | None:
    try:
        found, of_object = by_id([kind.get_object(proxy, id_)])
    except ResourceNotFound:
        return None
    flaws |= of_object
    # If no object has the id, Senlin shows the one that somebody has given it as a name.
    return found.get(id_)
