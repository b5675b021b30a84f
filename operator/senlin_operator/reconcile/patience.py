"""What is told while Senlin is at work for long: since when, and what Nova and Heat say."""

from dataclasses import replace

from openstack_clustering import Node
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.scope import BaseScope
from senlin_operator.model.text import grouped, stable
from senlin_operator.reconcile.causes import subjects
from senlin_operator.telemetry import clock

_LONG = 60.0  # seconds; most actions end before
_ASKED = 3  # nodes
_AT_REST = ("ACTIVE", "WARNING", "ERROR")  # statuses of nodes that Senlin is not at work on


async def told(
    scope: BaseScope, waiting: Waiting, target: str | None, *, remedy: str = ""
) -> Waiting:
    """Return a reason to wait with what is known of it, if the operator's action lasts long.

    Args:
        scope: The reconcile; its status has the action.
        waiting: The reason to wait for the action.
        target: The id of the cluster or the node that the action is on.
        remedy: A sentence about what a person can do.
    """
    running = scope.status.action if scope.status.running_action else None
    if running is None or clock.seconds_since(since := running["startedAt"]) < _LONG:
        return waiting
    states = scope.session.explanations.states
    asked = subjects(_at_work_on(scope, target)[:_ASKED], scope.snapshot)
    known = [{"name": it.name, "reason": stable(await states.of(it))} for it in asked]
    found = "; ".join(grouped([it for it in known if it["reason"]])).rstrip(".")
    lasting = f"It has lasted since {since}{f': {found}' if found else ''}."
    return replace(waiting, message=" ".join(filter(None, (waiting.message, lasting, remedy))))


def _at_work_on(scope: BaseScope, target: str | None) -> list[Node]:
    """Return the nodes of the cluster, or the node, whose status has not settled."""
    if target is None:
        return []
    node = scope.snapshot.get(Node, target)
    nodes = [*scope.snapshot.members(Node, target), *filter(None, [node])]
    return [node for node in nodes if node.status not in _AT_REST]
