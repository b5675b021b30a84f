"""`kubectl senlin plan`: what the operator would do, step by step; nothing is done."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from senlin_operator.kube.objects import SECRET, Key, Resource
from senlin_operator.model.outcome import Gone, Settled
from senlin_operator.model.text import counted
from senlin_operator.plugin import manifests
from senlin_operator.plugin.dry_run import DryKube, PlannedStep
from senlin_operator.plugin.names import UsageError
from senlin_operator.plugin.planner import Planner, ResourcePlan
from senlin_operator.plugin.terminal import Colour, Palette, clean

NOTHING, CHANGES, REFUSED = 0, 1, 2  # exit codes, as those of kubectl diff
_ADDS = ("Creating", "AttachingPolicy", "Joining", "Adopting")
_REMOVES = (
    "Deleting",
    "DeletingProfile",
    "DetachingPolicy",
    "Discarding",
    "Leaving",
    "RemovingNodes",
)


async def apply(planner: Planner, kube: DryKube, given: Iterable[Any], namespace: str) -> list[Key]:
    """Put manifests into the planner's cache, as `kubectl apply` would; return what they name.

    Raises:
        UsageError: There is none of the operator's.
        KubeError: Kubernetes refuses one.
    """
    keys = []
    for manifest in given:
        key = manifests.key_of(manifest, namespace)
        if key and key.kind == SECRET:
            kube.secrets[key] = manifests.secret(manifest, key)
        elif key:
            raw = await kube.applied(key, manifests.resource(manifest, key))
            planner.cache.upsert(Resource(key.kind, kube.changed(Resource(key.kind, raw))))
            keys.append(key)
    if not keys:
        raise UsageError("There is no manifest of the operator's kinds in what was given.")
    return keys


def delete(planner: Planner, kube: DryKube, keys: Iterable[Key]) -> None:
    """Mark resources as being deleted, as `kubectl delete` would.

    Raises:
        UsageError: One of them does not exist.
    """
    for key in keys:
        planner.cache.upsert(Resource(key.kind, kube.deleting(known(planner, key))))


def known(planner: Planner, key: Key) -> Resource:
    """Return a resource of the planner's cache.

    Raises:
        UsageError: It does not exist.
    """
    resource = planner.cache.get(key)
    if resource is None:
        raise UsageError(f"{key} does not exist in namespace {key.namespace}.")
    return resource


def exit_code(plans: Sequence[ResourcePlan]) -> int:
    if any(plan.refused for plan in plans):
        return REFUSED
    return CHANGES if any(plan.steps for plan in plans) else NOTHING


def document(plans: Sequence[ResourcePlan]) -> dict[str, Any]:
    """Return the plans for programs."""
    return {
        "apiVersion": "plan.senlin.openstack.org/v1alpha1",
        "kind": "Plan",
        "resources": [_of_resource(plan) for plan in plans],
    }


def _of_resource(plan: ResourcePlan) -> dict[str, Any]:
    outcome = plan.outcome
    reason = getattr(outcome, "reason", None)
    return {
        "kind": plan.key.kind,
        "namespace": plan.key.namespace,
        "name": plan.key.name,
        "why": plan.why if plan.steps else "",
        "steps": [
            {"verb": it.verb, "summary": it.summary, "note": it.note, "drift": it.drift}
            for it in plan.steps
        ],
        "openEnded": plan.open_ended,
        "outcome": type(outcome).__name__,
        "reason": str(reason) if reason else "",
        "message": getattr(outcome, "message", ""),
    }


def lines(plans: Sequence[ResourcePlan], palette: Palette) -> Iterator[str]:
    """Yield the plans for people."""
    for plan in plans:
        yield from _lines_of(plan, palette)
    number = sum(len(plan.steps) for plan in plans)
    changed = sum(bool(plan.steps) for plan in plans)
    if number:
        yield f"Plan: {counted(number, 'step')} for {changed} of {counted(len(plans), 'resource')}."
    else:
        yield "Plan: nothing to do in Senlin."


def _lines_of(plan: ResourcePlan, palette: Palette) -> Iterator[str]:
    why = f": {plan.why}" if plan.steps and plan.why else ""
    yield f"{palette.paint(plan.key, Colour.HEADING)}{why}"
    for step in plan.steps:
        yield f"  {_step(step, palette)}"
    if text := _end(plan):
        yield f"    {palette.paint(clean(text), Colour.BAD if plan.refused else Colour.ASIDE)}"


def _step(step: PlannedStep, palette: Palette) -> str:
    sign, colour = "~", Colour.CHANGING
    if step.verb in _ADDS:
        sign, colour = "+", Colour.GOOD
    elif step.verb in _REMOVES:
        sign, colour = "-", Colour.BAD
    text = "; ".join(filter(None, (step.summary, step.note)))
    return palette.paint(f"{sign} {step.verb}: {clean(text)}", colour)


def _end(plan: ResourcePlan) -> str:
    """Return what comes after the steps; empty: nothing that a person need know."""
    outcome = plan.outcome
    if plan.open_ended:
        return "What follows depends on what Senlin then shows."
    if isinstance(outcome, Gone):
        return "Then it is removed from Kubernetes."
    if isinstance(outcome, Settled):
        nothing = "" if plan.steps else "Nothing to do. "
        told = outcome.message if not outcome.ready or not plan.steps else ""
        return f"{nothing}{told} {outcome.unused}".strip()
    reason, message = getattr(outcome, "reason", ""), getattr(outcome, "message", "")
    return f"{'Refused' if plan.refused else 'Waits'}: {reason}: {message}"
