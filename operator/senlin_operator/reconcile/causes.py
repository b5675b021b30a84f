"""The causes of faults: Senlin's generic words are replaced, or completed, by Nova's and Heat's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from openstack_clustering import Node, Profile
from senlin_operator.cloud.documents import spec_of
from senlin_operator.cloud.explanations import Answers, Explanations, Subject
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.model.generic import failed_server, is_explained, is_vague, with_cause
from senlin_operator.model.step import Observation
from senlin_operator.model.text import stable

_ASKED = 3  # new questions a reconcile; later reconciles ask the others
_STACK = "os.heat.stack"
Fault = Mapping[str, Any]  # an entry of `status.faults`


async def with_causes(
    observed: Observation,
    snapshot: Snapshot,
    explanations: Explanations,
    published: Sequence[Fault],
) -> Observation:
    """Return the observation with the causes of its faults, as far as Nova and Heat say them.

    Args:
        observed: The observation; only generic faults are changed.
        snapshot: Has the nodes.
        explanations: The answers of Nova and Heat.
        published: `status.faults`: a cause that nobody says any more stays there.
    """
    faults = await explained(observed.faults, snapshot, explanations, published)
    if faults == observed.faults:
        return observed
    return replace(observed, faults=faults)  # type: ignore[type-var] # of a kind: a dataclass


async def explained(
    faults: Iterable[Fault],
    snapshot: Snapshot,
    explanations: Explanations,
    published: Sequence[Fault],
) -> list[Fault]:
    """Return the faults with their causes; the arguments are those of `with_causes`."""
    left = _ASKED
    result = []
    for fault in faults:
        if question := _question(fault, snapshot, explanations):
            answers, key = question
            known, answer = answers.knows(key), None
            if known or left:
                left -= not known
                answer = await answers.of(key)
            if failed_server(fault["reason"]):
                answer = explanations.of_build(fault["node"], answer)
            fault = _with_answer(fault, answer, published)
        result.append(fault)
    return result


def subjects(nodes: Iterable[Node], snapshot: Snapshot) -> list[Subject]:
    """Return the nodes as Nova or Heat can be asked of them."""
    return [
        Subject(node.id, node.name, node.physical_id or None, _is_stack(node, snapshot))
        for node in nodes
    ]


def _question(
    fault: Fault, snapshot: Snapshot, explanations: Explanations
) -> tuple[Answers[Any], str | Subject] | None:
    """Return whom to ask of a fault, and about what; None: Senlin's words say it."""
    if server_id := failed_server(fault["reason"]):
        return explanations.causes, server_id
    node = snapshot.get(Node, fault["node"])
    if node is None or not is_vague(fault["reason"]):
        return None
    [subject] = subjects([node], snapshot)
    return explanations.states, subject


def _with_answer(fault: Fault, answer: str | None, published: Sequence[Fault]) -> Fault:
    reason = fault["reason"]
    if answer is not None:
        told = with_cause(reason, answer) if failed_server(reason) else f"{reason} {answer}"
        return {**fault, "reason": stable(told)}
    for known in published:
        if known["node"] == fault["node"] and is_explained(known["reason"], reason):
            return {**fault, "reason": known["reason"]}
    return fault


def _is_stack(node: Node, snapshot: Snapshot) -> bool:
    profile = snapshot.get(Profile, node.profile_id)
    return profile is not None and spec_of(profile).type == _STACK
