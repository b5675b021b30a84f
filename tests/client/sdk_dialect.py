"""Runs the same lines on openstacksdk and on `openstack_clustering.sdk`; prints what differs.

`test_sdk.py` runs it in openstacksdk's environment. Only the import differs between the two.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import openstack.config

import openstack_clustering.sdk

RAISED = "raised"
VERSION = {"clustering_default_microversion": "1.14"}
# A program's lines; `c` is the cluster's id, `o` an object of the connection's own class.
EXPRESSIONS: dict[str, Callable[[Any, str], object]] = {
    "get_cluster": lambda s, c: s.get_cluster(c).to_dict(),
    "get_cluster: without the computed": lambda s, c: s.get_cluster(c).to_dict(computed=False),
    "get_cluster: without None": lambda s, c: s.get_cluster(c).to_dict(ignore_none=True),
    "get_cluster: the server's names": lambda s, c: s.get_cluster(c).to_dict(original_names=True),
    "get_cluster: as items": lambda s, c: dict(s.get_cluster(c).items()),
    "get_cluster: length": lambda s, c: len(s.get_cluster(c)),
    "get_cluster: location": lambda s, c: s.get_cluster(c).location.project.id,
    "get_cluster: type": lambda s, c: type(s.get_cluster(c)).__name__,
    "get_cluster: of an object": lambda s, c: is_same(s.get_cluster, s.get_cluster(c)),
    "find_cluster": lambda s, c: s.find_cluster(c).to_dict(),
    "clusters": lambda s, c: [it.to_dict() for it in s.clusters(id=c)],
    "nodes": lambda s, c: [it.to_dict() for it in s.nodes(cluster_id=c)],
    "node details": lambda s, c: [
        s.get_node(it.id, True).to_dict() for it in s.nodes(cluster_id=c)
    ],
    "profiles": lambda s, c: [s.get_profile(s.get_cluster(c).profile_id).to_dict()],
    "policies": lambda s, c: [s.get_policy(it.policy_id).to_dict() for it in s.cluster_policies(c)],
    "bindings": lambda s, c: [it.to_dict() for it in s.cluster_policies(c)],
    "binding": lambda s, c: [
        s.get_cluster_policy(it.policy_id, c).to_dict() for it in s.cluster_policies(c)
    ],
    "receivers": lambda s, c: [it.to_dict() for it in s.receivers(cluster_id=c)],
    "actions": lambda s, c: [it.to_dict() for it in s.actions(target_id=c)],
    "events": lambda s, c: [it.to_dict() for it in s.events(obj_id=c)],
    "attributes": lambda s, c: [it.to_dict() for it in s.collect_cluster_attrs(c, "status")],
    "build info": lambda s, c: s.get_build_info().to_dict(),
    "profile types": lambda s, c: [it.to_dict() for it in s.profile_types()],
    "policy types": lambda s, c: [it.to_dict() for it in s.policy_types()],
    "profile type": lambda s, c: s.get_profile_type("os.nova.server-1.0").to_dict(),
    "operations": lambda s, c: s.list_profile_type_operations("os.nova.server-1.0"),
    "unchanged": lambda s, c: is_same(s.update_cluster, s.get_cluster(c), name=name_of(s, c)),
    "changed": lambda s, c: is_same(s.update_profile, profile_of(s, c), metadata={"a": "1"}),
    "raw get": lambda s, c: s.get(f"/clusters/{c}").json()["cluster"]["name"],
    "raw get: status": lambda s, c: s.get("/clusters/no-such-cluster").status_code,
    "raw post": lambda s, c: s.post(f"/clusters/{c}/actions", json={"nosuch": {}}).status_code,
    "microversion": lambda s, c: s.default_microversion,
    "endpoint": lambda s, c: s.get_endpoint().rstrip("/").endswith("/v1"),
    "missing": lambda s, c: s.find_cluster("no such"),
    "filter: metadata": lambda s, c: [it.id for it in s.clusters(metadata={"nosuch": "x"})],
    "filter: desired capacity": lambda s, c: len(list(s.clusters(id=c, desired_capacity=1))),
    "one page": lambda s, c: len(list(s.actions(target_id=c, limit=1, paginated=False))),
    "two items": lambda s, c: len(list(s.actions(target_id=c, max_items=2))),
    "short id": lambda s, c: [it.id for it in s.nodes(cluster_id=c[:8])],
    "wait for what is": lambda s, c: (
        s.wait_for_status(s.get_cluster(c), "ACTIVE", None, 2, None).id
    ),
}
REFUSALS: dict[str, Callable[[Any, str], object]] = {
    "get": lambda s, c: s.get_cluster("no-such-cluster"),
    "get of no name": lambda s, c: s.get_cluster("no such"),
    "find": lambda s, c: s.find_cluster("no-such-cluster", ignore_missing=False),
    "delete": lambda s, c: s.delete_cluster("no-such-cluster", ignore_missing=False),
    "type": lambda s, c: s.get_profile_type("no.such-1.0"),
    "create": lambda s, c: s.create_cluster(name="x", profile_id="no-such-profile"),
    "update": lambda s, c: s.update_cluster(c, profile_id="no-such-profile"),
    "limit": lambda s, c: list(s.clusters(limit="many")),
    "status": lambda s, c: list(s.clusters(status="SLEEPY")),
    "failure": lambda s, c: s.wait_for_status(
        s.get_cluster(c), "NOSUCH", failures=["ACTIVE"], interval=1, wait=5
    ),
    "timeout": lambda s, c: s.wait_for_status(s.get_cluster(c), "NOSUCH", interval=1, wait=1),
}
CONNECTIONS: dict[str, Callable[[Any], object]] = {
    "project": lambda c: c.current_project_id,
    "project's name": lambda c: c.current_project.name,
    "user": lambda c: c.current_user_id,
    "location": lambda c: c.current_location,
    "token": lambda c: bool(c.auth_token and c.authorize()),
    "service": lambda c: [c.has_service(it) for it in ("clustering", "identity", "nosuch")],
    "name": lambda c: c.name,
    "session": lambda c: c.session.get_project_id(),
    "one proxy": lambda c: c.cluster is c.clustering,
}


def is_same(operation: Callable[..., Any], given: Any, **changes: Any) -> tuple[bool, str]:
    """Call an operation with an object; return whether it returns that object, and its name."""
    return operation(given, **changes) is given, given.name


def name_of(senlin: Any, cluster: str) -> str:
    return str(senlin.get_cluster(cluster).name)


def profile_of(senlin: Any, cluster: str) -> Any:
    return senlin.get_profile(senlin.get_cluster(cluster).profile_id)


def kind_of_refusal(module: Any, call: Callable[[], object]) -> list[str]:
    """Return the names of the exceptions by which a program would catch what is raised."""
    names = (
        *("BadRequestException", "NotFoundException", "ConflictException", "ResourceFailure"),
        *("ResourceTimeout", "HttpException", "SDKException"),
    )
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the two are compared
        return [it for it in names if isinstance(error, getattr(module.exceptions, it))]
    return ["nothing is raised"]


def outcome(call: Callable[[], object]) -> str:
    try:
        return json.dumps(call(), sort_keys=True, default=str)
    except Exception as error:  # noqa: BLE001 - whatever it is, the two are compared
        return f"{RAISED} {type(error).__name__}: {error}"


def deletion(module: Any, senlin: Any, profile: str) -> dict[str, object]:
    """Delete a cluster as a program does, and follow its action."""
    cluster = senlin.create_cluster(name="dialect", profile_id=profile)
    senlin.wait_for_status(cluster, "ACTIVE", interval=0.2, wait=20)
    deleted = senlin.delete_cluster(cluster.id)
    ended = senlin.wait_for_status(deleted, "SUCCEEDED", interval=0.2, wait=20)
    gone = senlin.wait_for_delete(cluster, interval=0.2, wait=20)
    return {
        "type": type(deleted).__name__,
        "id": deleted["id"] == senlin.get_action(deleted.id).id,
        "target": senlin.get_action(deleted).target_id == cluster.id,
        "same": ended is deleted and gone is cluster,
        "missing": senlin.delete_cluster("no-such-cluster"),
        "missing by force": kind_of_refusal(module, lambda: senlin.get_cluster(cluster.id)),
    }


def differences(cluster: str) -> Iterator[tuple[str, object, object]]:
    """Yield the name of each comparison, and what came of it with openstacksdk and with ours."""
    modules = (openstack, openstack_clustering.sdk)
    connections = [module.connect(cloud="blue", **VERSION) for module in modules]
    proxies = [connection.clustering for connection in connections]

    def both(call: Callable[[Any, Any, Any], object]) -> tuple[object, object]:
        theirs, ours = map(call, modules, connections, proxies)
        return theirs, ours

    for name, line in EXPRESSIONS.items():
        yield name, *both(lambda m, c, s, line=line: outcome(lambda: line(s, cluster)))  # type: ignore[misc]
    for name, line in REFUSALS.items():
        kinds = both(lambda m, c, s, line=line: kind_of_refusal(m, lambda: line(s, cluster)))  # type: ignore[misc]
        yield f"refusal: {name}", *kinds
    for name, of in CONNECTIONS.items():
        yield f"connection: {name}", *both(lambda m, c, s, of=of: outcome(lambda: of(c)))  # type: ignore[misc]
    profile = proxies[0].get_cluster(cluster).profile_id
    yield "deletion", *both(lambda m, c, s: deletion(m, s, profile))
    region = openstack.config.get_cloud_region(cloud="blue")
    by_region: Any = openstack_clustering.sdk.connection.Connection(config=region).clustering
    located = [it.get_cluster(cluster).to_dict()["location"] for it in (proxies[0], by_region)]
    yield "by region", located[0], located[1]


if __name__ == "__main__":
    different = {
        name: (theirs, ours)
        for name, theirs, ours in differences(sys.argv[1])
        if theirs != ours or str(ours).startswith(RAISED)
    }
    print(json.dumps(different, default=str))
