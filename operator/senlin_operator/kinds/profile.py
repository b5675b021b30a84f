"""SenlinProfile: what the nodes of a cluster are made of. Senlin makes and changes it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Profile, Proxy
from senlin_operator.cloud.inventory import OWNER, Snapshot
from senlin_operator.engine.kind import Kind, Started, find
from senlin_operator.engine.outcome import Blocked, Settled
from senlin_operator.kinds.common import Delete, Update, altered, changes, marked, own_metadata
from senlin_operator.kube.objects import Key, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the profile should be."""

    name: str
    type: str
    version: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the profile is."""

    id: str
    name: str
    type: str
    version: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any]
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
        return f"creation of profile {self.spec.name}"


Step = Create | Update | Delete


def spec(resource: Resource, _: Mapping[Key, Resource]) -> Spec:
    """Return what the manifest says."""
    wanted = resource.spec["resource"]
    return Spec(
        name=wanted.get("name", resource.key.name),
        type=wanted["type"],
        version=wanted["version"],
        properties=wanted["properties"],
        metadata=wanted.get("metadata", {}),
    )


def as_seen(seen: Observed) -> Spec:
    """Return the spec of a profile that somebody else looks after."""
    return Spec(name=seen.name, type=seen.type, version=seen.version, properties=seen.properties)


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the profile that is ours, if there is one."""
    profile, duplicates = find(snapshot.profiles, id_, uid)
    return _observed(profile, tuple(duplicates)) if profile else None


def plan(spec: Spec, seen: Observed | None) -> list[Step]:
    """Return the steps from what is to what should be. None: known to be absent, not unseen."""
    if seen is None:
        return [Create(spec)]
    steps: list[Step] = [Delete(duplicate) for duplicate in seen.duplicates]
    changed = changes(
        name=(seen.name, spec.name), metadata=(own_metadata(seen.metadata), dict(spec.metadata))
    )
    if changed:
        fields = {"name": spec.name, "metadata": spec.metadata}
        steps.append(Update(seen.id, fields, changed))
    return steps


def execute(proxy: Proxy, step: Step, uid: str) -> Started[Observed]:
    """Send the request; the reply shows the result."""
    match step:
        case Create(spec):
            body = {"type": spec.type, "version": spec.version, "properties": spec.properties}
            made = proxy.create_profile(
                name=spec.name, spec=body, metadata={**spec.metadata, OWNER: uid}
            )
            return Started(made.id, seen=_observed(made))
        case Update(id_, fields):
            made = proxy.update_profile(id_, **marked(fields, uid))
            return Started(made.id, seen=_observed(made))
        case Delete(id_):
            proxy.delete_profile(id_)
            return Started(id_)


def status(seen: Observed) -> Mapping[str, Any]:
    """Render `status.resource`."""
    shown: dict[str, Any] = {"name": seen.name, "type": seen.type, "version": seen.version}
    if metadata := own_metadata(seen.metadata):
        shown["metadata"] = metadata
    return shown | ({"createdAt": seen.created_at} if seen.created_at else {})


def verdict(spec: Spec, seen: Observed) -> Settled | Blocked:
    """Return that it is ready: a profile has no health of its own."""
    return altered(spec.properties, seen.properties) or Settled(
        f"Profile {seen.name} is as it should be."
    )


def _observed(profile: Profile, duplicates: tuple[str, ...] = ()) -> Observed:
    return Observed(
        id=profile.id,
        name=profile.name,
        type=profile.spec["type"],
        version=str(profile.spec["version"]),
        properties=profile.spec.get("properties", {}),
        metadata=profile.metadata or {},
        created_at=profile.created_at,
        duplicates=duplicates,
    )


KIND: Kind[Spec, Observed, Step] = Kind(
    name="SenlinProfile",
    plural="senlinprofiles",
    references=lambda _: (),
    spec=spec,
    objects=lambda snapshot: snapshot.profiles,
    observe=observe,
    as_seen=as_seen,
    plan=plan,
    remove=lambda seen, _: Delete(seen.id),
    execute=execute,
    status=status,
    verdict=verdict,
)
