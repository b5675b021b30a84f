"""SenlinPolicy: a rule for clusters. Senlin makes and changes it at once.

Policies have no metadata in Senlin, so the owner's mark is the ending of the name. The names here
are Senlin's, with that ending; only the status shows them without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openstack_clustering import Policy, Proxy
from senlin_operator.cloud.inventory import Snapshot, ending
from senlin_operator.engine.kind import Kind, Started, find
from senlin_operator.engine.outcome import Blocked, Settled
from senlin_operator.kinds.common import Delete, Update, altered, changes
from senlin_operator.kube.objects import Key, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the policy should be."""

    name: str
    type: str
    version: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the policy is."""

    id: str
    name: str
    title: str  # the name without the mark
    type: str
    version: str
    properties: Mapping[str, Any]
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()

    moving = False

    @property
    def faults(self) -> list[Mapping[str, Any]]:
        return []


@dataclass(frozen=True, slots=True)
class Create:
    spec: Spec

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of policy {self.spec.name}"


Step = Create | Update | Delete


def spec(resource: Resource, _: Mapping[Key, Resource]) -> Spec:
    """Return what the manifest says."""
    wanted = resource.spec["resource"]
    return Spec(
        name=wanted.get("name", resource.key.name) + ending(resource.uid),
        type=wanted["type"],
        version=wanted["version"],
        properties=wanted["properties"],
    )


def as_seen(seen: Observed) -> Spec:
    """Return the spec of a policy that somebody else looks after."""
    return Spec(name=seen.name, type=seen.type, version=seen.version, properties=seen.properties)


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the policy that is ours, if there is one."""
    policy, duplicates = find(snapshot.policies, id_, uid)
    return _observed(policy, uid, tuple(duplicates)) if policy else None


def plan(spec: Spec, seen: Observed | None) -> list[Step]:
    """Return the steps from what is to what should be. None: known to be absent, not unseen."""
    if seen is None:
        return [Create(spec)]
    steps: list[Step] = [Delete(duplicate) for duplicate in seen.duplicates]
    if changed := changes(name=(seen.name, spec.name)):
        steps.append(Update(seen.id, {"name": spec.name}, changed))
    return steps


def execute(proxy: Proxy, step: Step, uid: str) -> Started[Observed]:
    """Send the request; the reply shows the result."""
    match step:
        case Create(spec):
            body = {"type": spec.type, "version": spec.version, "properties": spec.properties}
            made = proxy.create_policy(name=spec.name, spec=body)
            return Started(made.id, seen=_observed(made, uid))
        case Update(id_, fields):
            made = proxy.update_policy(id_, **fields)
            return Started(made.id, seen=_observed(made, uid))
        case Delete(id_):
            proxy.delete_policy(id_)
            return Started(id_)


def status(seen: Observed) -> Mapping[str, Any]:
    """Render `status.resource`."""
    shown = {"name": seen.title, "type": seen.type, "version": seen.version}
    return shown | ({"createdAt": seen.created_at} if seen.created_at else {})


def verdict(spec: Spec, seen: Observed) -> Settled | Blocked:
    """Return that it is ready: a policy has no health of its own."""
    return altered(spec.properties, seen.properties) or Settled(
        f"Policy {seen.title} is as it should be."
    )


def _observed(policy: Policy, uid: str, duplicates: tuple[str, ...] = ()) -> Observed:
    return Observed(
        id=policy.id,
        name=policy.name,
        title=policy.name.removesuffix(ending(uid)),
        type=policy.spec["type"],
        version=str(policy.spec["version"]),
        properties=policy.spec.get("properties", {}),
        # Senlin 16 says …15Z when it makes or renames a policy, and …15.449684 in lists.
        created_at=f"{policy.created_at[:19]}Z" if policy.created_at else None,
        duplicates=duplicates,
    )


KIND: Kind[Spec, Observed, Step] = Kind(
    name="SenlinPolicy",
    plural="senlinpolicies",
    references=lambda _: (),
    spec=spec,
    objects=lambda snapshot: snapshot.policies,
    observe=observe,
    as_seen=as_seen,
    plan=plan,
    remove=lambda seen, _: Delete(seen.id),
    execute=execute,
    status=status,
    verdict=verdict,
)
