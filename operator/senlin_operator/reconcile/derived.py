"""The actions on nodes that an action on a cluster has started, once it has ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from openstack_clustering import Action, Node, Proxy
from senlin_operator.cloud.documents import checked
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.model.text import stable

_SHOWN = 20  # in the status
_PAGE = 100
_TARGETS = 100  # in one URL
_DERIVED = "Derived Action"  # the beginning of their cause


def derived_actions(proxy: Proxy, parent: Action, snapshot: Snapshot) -> dict[str, Any]:
    """Return `children` and `childrenTotal` of a status, failed ones first. It runs in a thread.

    Senlin links them to their parent only until they end, and stores those of checks, recoveries
    and operations without the cluster. But a cluster has one action at a time: the actions on its
    nodes that another action started, since this one was created, are its own.
    """
    derived = [
        it
        for newest in _newest(proxy, parent, snapshot)
        for it in takewhile(
            lambda it: (it.created_at or "") >= (parent.created_at or ""), map(checked, newest)
        )
        if it.cause.startswith(_DERIVED) and _within(it, parent)
    ]
    if not derived:
        return {}
    ordered = sorted(derived, key=lambda it: (it.status == "SUCCEEDED", it.id))
    return {"children": [_shown(it) for it in ordered[:_SHOWN]], "childrenTotal": len(derived)}


def _newest(proxy: Proxy, parent: Action, snapshot: Snapshot) -> Iterator[Iterator[Action]]:
    """Yield lists of actions, each with the newest first."""
    sort = "created_at:desc"
    if parent.action not in ("CLUSTER_CHECK", "CLUSTER_RECOVER", "CLUSTER_OPERATION"):
        yield proxy.actions(cluster_id=parent.target_id, sort=sort, limit=_PAGE)
        return
    nodes: Sequence[str] = [node.id for node in snapshot.members(Node, parent.target_id)]
    for start in range(0, len(nodes), _TARGETS):
        yield proxy.actions(target=nodes[start : start + _TARGETS], sort=sort, limit=_PAGE)


def _within(action: Action, parent: Action) -> bool:
    """Return whether an action began while its parent ran; times of creation are whole seconds."""
    began, ended = parent.start_at or 0.0, parent.end_at or 0.0
    return began <= (action.start_at or began) <= ended


def _shown(action: Action) -> Mapping[str, Any]:
    return {
        "id": action.id,
        "action": action.action,
        "target": action.target_id,
        "status": action.status,
        **({"reason": stable(action.status_reason)} if action.status_reason else {}),
    }


def faults(shown: Iterable[Mapping[str, Any]], snapshot: Snapshot) -> list[Mapping[str, Any]]:
    """Return Senlin's reasons for those that failed, in the form of `status.faults`."""
    nodes = snapshot.all(Node)
    return [
        {"node": id_, "name": nodes[id_].name if id_ in nodes else id_, "reason": action["reason"]}
        for action in shown
        if action["status"] != "SUCCEEDED" and "reason" in action
        for id_ in [action["target"]]
    ]
