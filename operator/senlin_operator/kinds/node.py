"""SenlinNode: one server or stack, by itself or in a cluster, and how Senlin keeps it so.

What it should be: `node_spec`; what it is: `node_observed`; the way: `node_plan`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openstack_clustering import Proxy, keywords
from openstack_clustering.exceptions import ServerError
from senlin_operator.cloud.inventory import OWNER, owner_of
from senlin_operator.engine.kind import Details, Kind, Started
from senlin_operator.engine.outcome import Blocked, Impossible, Settled, Waiting
from senlin_operator.kinds import bindings
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kinds.common import Check, Delete, Recover, Update, marked, own_metadata
from senlin_operator.kinds.node_observed import (
    ADOPTED,
    Observed,
    made_by_adoption,
    observe,
)
from senlin_operator.kinds.node_plan import (
    Adopt,
    Create,
    DeleteAdopted,
    DeleteProfile,
    Discard,
    Join,
    Leave,
    MarkProfile,
    Step,
    hindrance,
    plan,
    remove,
    room_to_leave,
    unhealthy,
)
from senlin_operator.kinds.node_spec import Spec, references, spec
from senlin_operator.kinds.remediation import parameters


def as_seen(seen: Observed) -> Spec:
    """Return the spec of a node that somebody else looks after."""
    return Spec(name=seen.name, profile_id=seen.profile_id, cluster_id=seen.cluster_id)


def execute(proxy: Proxy, step: Step, uid: str) -> Started[Observed]:
    """Send the request; Senlin goes on working on it, but for an adoption and its profile."""
    match step:
        case Create(spec):
            made = proxy.create_node(
                name=spec.name,
                profile_id=spec.profile_id,
                # Senlin forgets the role of what joins a cluster, so it is given afterwards.
                role="" if spec.cluster_id else spec.role,
                metadata={**spec.metadata, OWNER: uid},
            )
            return Started(made.id, made.action_id)
        case Adopt():
            return Started(_adopt(proxy, step, uid))
        case MarkProfile(id_, profile_id):
            _mark(proxy, profile_id, uid)
            return Started(id_)
        case DeleteAdopted(id_, profile_id, force):
            _mark(proxy, profile_id, uid)
            return execute(proxy, Delete(id_, force), uid)
        case DeleteProfile(id_):
            proxy.delete_profile(id_)
            return Started(id_)
        case Update(id_, fields):
            return Started(id_, proxy.update_node(id_, **marked(fields, uid)).action_id)
        case Join(id_, cluster_id):
            return Started(id_, proxy.add_nodes_to_cluster(cluster_id, [id_])["action"])
        case Leave(id_, cluster_id):
            left = proxy.remove_nodes_from_cluster(cluster_id, [id_], destroy_after_deletion=False)
            return Started(id_, left["action"])
        case Recover(id_, _, operation):
            return Started(id_, proxy.recover_node(id_, **parameters(operation))["action"])
        case Check(id_):
            return Started(id_, proxy.check_node(id_)["action"])
        case Discard(id_):
            deleted = proxy.delete_node(id_)
            return Started(id_, deleted.action_id if deleted else None, discarded=True)
        case Delete(id_, force):
            deleted = proxy.delete_node(id_, force_delete=force)
            return Started(id_, deleted.action_id if deleted else None)


def _mark(proxy: Proxy, profile_id: str, uid: str) -> None:
    proxy.update_profile(profile_id, metadata={OWNER: uid})


def _adopt(proxy: Proxy, step: Adopt, uid: str) -> str:
    """Make a node of a server, unless that cannot work; return its id."""
    wanted = step.adoption
    for node in proxy.nodes():
        if node.physical_id != wanted.identity:
            continue
        if owner_of(node) == uid:  # the reply to an earlier request was lost
            return node.id
        raise Impossible(
            f"{wanted.identity} is already node {node.name} ({node.id}), and Senlin would make a "
            "second one of it: import that node, or delete it first."
        )
    asked: keywords.Adoption = {
        "identity": wanted.identity,
        "type": wanted.type,
        "overrides": wanted.overrides,
        "snapshot": wanted.snapshot,
    }
    _preview(proxy, asked)
    metadata = {**step.spec.metadata, OWNER: uid, ADOPTED: "yes"}
    asked |= {"name": step.spec.name, "metadata": metadata}
    return proxy.adopt_node(**asked).id


def _preview(proxy: Proxy, asked: keywords.Adoption) -> None:
    """Raise Impossible, with a sentence that helps, if Senlin could not adopt it."""
    try:
        shown = proxy.adopt_node(preview=True, **asked)
    except ServerError as error:
        # Senlin 16 passes on by a 500 that there is no such server.
        if error.type != "ProfileOperationFailed" or not error.message.startswith("404"):
            raise
        raise Impossible(f"There is no {asked['identity']} to adopt: {error.message}") from error
    found = shown["node_profile"]["node_preview"]["properties"]
    if empty := sorted(name for name, value in found.items() if value is None):
        raise Impossible(
            f"{asked['identity']} has no {', '.join(empty)}, and Senlin 16 makes no profile with "
            "an empty property: give it a value in adopt.overrides."
        )


def status(seen: Observed) -> Mapping[str, Any]:
    """Render `status.resource`."""
    shown = {
        "name": seen.name,
        "profileID": seen.profile_id,
        "status": seen.status,
        "tainted": seen.tainted,
    }
    if seen.cluster_id:
        shown |= {"clusterID": seen.cluster_id, "index": seen.index}
    facts = {
        "physicalID": seen.physical_id,
        "role": seen.role,
        "metadata": own_metadata(seen.metadata),
        "createdAt": seen.created_at,
    }
    return shown | {name: value for name, value in facts.items() if value}


def verdict(spec: Spec, seen: Observed) -> Settled | Blocked | Waiting:
    """Return whether it is where it should be, and works."""
    if hindered := hindrance(spec, seen) or unhealthy(spec, seen):
        return hindered
    where = f" in cluster {seen.cluster.name}" if seen.cluster else ""
    return Settled(f"Node {seen.name} is active{where}.")


def _check(seen: Observed) -> Check | Recover:
    """Return what leads it out of a status that should have passed, and what compares it."""
    if seen.moving and not seen.physical_id:  # a check fails then, and changes nothing
        return Recover(seen.id, "another try at a node that Senlin has left unfinished")
    return Check(seen.id)


def _lock(step: Step, seen: Observed | None) -> str | None:
    """Return what the step's action keeps others off: a cluster, or a node in none."""
    match step:
        case Join(_, cluster_id) | Leave(_, cluster_id):
            return cluster_id
        case MarkProfile() | DeleteProfile():
            return None
        case _:
            return (seen.cluster_id or seen.id) if seen else None


def _policies_asked(spec: Spec, seen: Observed) -> float | None:
    """Return the time of the look, where the policies of its cluster have a say.

    No list shows that a policy was switched, and a server depends on it: they are asked for anew.
    """
    leaves = seen.cluster_id not in ("", spec.cluster_id)
    recovers = seen.cluster_id and spec.remediation.recover and not seen.works
    return seen.around.began if leaves or recovers else None


def _fetch_policies(proxy: Proxy, id_: str) -> tuple[Binding, ...]:
    cluster_id = proxy.get_node(id_).cluster_id
    return bindings.fetch(proxy, cluster_id) if cluster_id else ()


KIND: Kind[Spec, Observed, Step] = Kind(
    name="SenlinNode",
    plural="senlinnodes",
    references=references,
    spec=spec,
    objects=lambda snapshot: snapshot.nodes,
    observe=observe,
    as_seen=as_seen,
    plan=plan,
    remove=remove,
    execute=execute,
    status=status,
    verdict=verdict,
    check=_check,
    check_interval=lambda spec: spec.remediation.check_interval,
    details=Details(
        version=_policies_asked,
        fetch=_fetch_policies,
        add=lambda seen, policies: replace(seen, policies=policies),
    ),
    lock=_lock,
    irremovable=room_to_leave,
    leftovers=lambda snapshot, uid: [DeleteProfile(id_) for id_ in made_by_adoption(snapshot, uid)],
)
