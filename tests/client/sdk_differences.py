"""Observes each difference in docs/from-openstacksdk.md with both clients; prints what it saw.

`test_sdk.py` runs it in openstacksdk's environment. A difference has the words of the page, and two
observations: of openstacksdk and of this client. Each is true if the page is right.
"""

import inspect
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import keystoneauth1.exceptions
import openstack
from openstack import exceptions as sdk_exceptions
from requests.adapters import HTTPAdapter

from openstack_clustering import Connection, exceptions

REFUSED = (sdk_exceptions.SDKException, exceptions.ClientException, TypeError)
TRAVERSAL = "../policies"


class Observed(NamedTuple):
    """What the observations are made on."""

    sdk: Any  # openstacksdk's proxy, with microversion 1.14
    plain: Any  # the same, as it is without configuration
    ours: Any
    cluster: str
    profile: str

    @property
    def node(self) -> Any:
        return next(iter(self.sdk.nodes(cluster_id=self.cluster)))


def refused(call: Callable[[], object], *kinds: type[Exception]) -> bool:
    try:
        call()
    except Exception as error:
        if isinstance(error, kinds or REFUSED):
            return True
        raise
    return False


def requests_of(call: Callable[[], object]) -> int:
    """Return the number of requests that a call sends."""
    sent: list[object] = []
    send: Callable[..., Any] = HTTPAdapter.send

    def counting(*arguments: Any, **more: Any) -> Any:
        sent.append(arguments)
        return send(*arguments, **more)

    HTTPAdapter.send = counting  # type: ignore[method-assign]
    try:
        call()
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]
    return len(sent)


def inputs_of_a_reboot(senlin: Any, observed: Observed) -> object:
    started = senlin.perform_operation_on_cluster(observed.cluster, "reboot", type="SOFT")
    action = observed.ours.wait_for_action(started, interval=0.1)
    return action.inputs.get("params")


def created(senlin: Any, observed: Observed) -> Any:
    return senlin.create_cluster(name="difference", profile_id=observed.profile)


def deleted(senlin: Any, observed: Observed) -> Any:
    cluster = created(senlin, observed)
    observed.sdk.wait_for_status(cluster, "ACTIVE", interval=0.1, wait=20)
    return senlin.delete_cluster(cluster.id)


def own_cluster(observed: Observed) -> Any:
    cluster = created(observed.ours, observed)
    observed.ours.wait_for_status(cluster, "ACTIVE", interval=0.1)
    return observed.ours.delete_cluster(cluster)


def is_changed(senlin: Any, observed: Observed, name: str) -> bool:
    return not refused(lambda: senlin.update_profile(observed.profile[:7], name=name))


def login(module_or_class: Any) -> None:
    module_or_class(cloud="blue", auth={"password": "wrong"}).cluster.get_build_info()


def default_of(senlin: Any, operation: str, parameter: str) -> object:
    return inspect.signature(getattr(senlin, operation)).parameters[parameter].default


Observation = Callable[[Observed], object]
DIFFERENCES: dict[str, tuple[Observation, Observation]] = {
    "No microversion is sent unless it is configured": (
        lambda s: refused(lambda: list(s.plain.collect_cluster_attrs(s.cluster, "status"))),
        lambda s: list(s.ours.collect_cluster_attrs(s.cluster, "status")) != [],
    ),
    "Action methods return an error's body as if it were the result": (
        lambda s: s.sdk.check_cluster("no-such-cluster")["code"] == 404,
        lambda s: refused(lambda: s.ours.check_cluster("no-such-cluster")),
    ),
    "Most action methods send a GET first": (
        lambda s: requests_of(lambda: s.sdk.scale_in_cluster(s.cluster, -1)) == 2,
        lambda s: requests_of(lambda: refused(lambda: s.ours.scale_in_cluster(s.cluster, -1))) == 1,
    ),
    "`delete_cluster` and `delete_node` return an `Action`": (
        lambda s: type(deleted(s.sdk, s)).__name__ == "Action",
        lambda s: type(own_cluster(s)).__name__ == "Cluster",
    ),
    "`wait_for_delete` of a deletion's `Action` never ends": (
        lambda s: refused(
            lambda: s.sdk.wait_for_delete(deleted(s.sdk, s), interval=0.5, wait=3),
            sdk_exceptions.ResourceTimeout,
        ),
        lambda s: s.ours.wait_for_delete(own_cluster(s), interval=0.1, wait=20) is not None,
    ),
    "The id of the action behind a creation or an update is lost": (
        lambda s: not hasattr(created(s.sdk, s), "action_id"),
        lambda s: s.ours.wait_for_action(created(s.ours, s).action_id, interval=0.1) is not None,
    ),
    "`location` is an object: cloud, region, project": (
        lambda s: s.sdk.get_cluster(s.cluster).location.project.id,
        lambda s: str(created(s.ours, s).location).startswith("/v1/actions/"),
    ),
    "`wait_for_status` waits for ever by default": (
        lambda s: default_of(s.sdk, "wait_for_status", "wait") is None,
        lambda s: default_of(s.ours, "wait_for_status", "wait") == 120,
    ),
    "`perform_operation_on_cluster` loses its parameters unless they stand in `params`": (
        lambda s: inputs_of_a_reboot(s.sdk, s) == {},
        lambda s: inputs_of_a_reboot(s.ours, s) == {"type": "SOFT"},
    ),
    "Unknown keywords are dropped": (
        lambda s: len(list(s.sdk.nodes(clusterid="no-such"))) > 0,
        lambda s: refused(lambda: s.ours.nodes(clusterid="no-such"), exceptions.InvalidArgument),
    ),
    "Some operations put an object's `repr` into the URL": (
        lambda s: refused(lambda: s.sdk.get_node(s.node, True)),
        lambda s: s.ours.get_node(s.ours.get_node(s.node.id), True).details is not None,
    ),
    "Names are put into the URL unquoted": (
        lambda s: not refused(lambda: s.sdk.get_profile(TRAVERSAL)),
        lambda s: requests_of(lambda: refused(lambda: s.ours.get_profile(TRAVERSAL))) == 0,
    ),
    "`find_…` finds an object by any beginning of its id": (
        lambda s: s.sdk.find_cluster(s.cluster[:7]).id == s.cluster,
        lambda s: s.ours.find_cluster(s.cluster[:7]) is None and s.ours.find_cluster(s.cluster[:8]),
    ),
    "A change of `c7` may change another object whose id begins with c7": (
        lambda s: is_changed(s.sdk, s, "changed"),
        lambda s: not is_changed(s.ours, s, "changed again"),
    ),
    "`profile_types()` has the version apart from the name, with a microversion of 1.5 or more": (
        lambda s: "os.nova.server" in [it.name for it in s.sdk.profile_types()],
        lambda s: "os.nova.server-1.0" in [it.name for it in s.ours.profile_types()],
    ),
    '`hasattr(connection, "cluster")` is always True': (
        lambda s: hasattr(
            openstack.connect(cloud="blue", clustering_region_name="nowhere"), "cluster"
        ),
        lambda s: not hasattr(Connection("blue", clustering_region_name="nowhere"), "cluster"),
    ),
    "One more request after a short last page": (
        lambda s: requests_of(lambda: list(s.sdk.actions(target_id=s.cluster, limit=500))) == 2,
        lambda s: requests_of(lambda: list(s.ours.actions(target_id=s.cluster, limit=500))) == 1,
    ),
    "A refused login raises an exception of keystoneauth1": (
        lambda s: refused(
            lambda: login(openstack.connect), keystoneauth1.exceptions.ClientException
        ),
        lambda s: refused(lambda: login(Connection), exceptions.AuthenticationFailed),
    ),
    "Messages of refusals have the URL and the class": (
        lambda s: "http://" in message_of(lambda: s.sdk.get_cluster("no-such")),
        lambda s: (
            "http://" not in (said := message_of(lambda: s.ours.get_cluster("no-such")))
            and "request id req-" in said
        ),
    ),
    "Objects are dictionaries and can be changed, then committed": (
        lambda s: isinstance(s.sdk.get_cluster(s.cluster), dict) and hasattr(s.node, "commit"),
        lambda s: not isinstance(s.ours.get_cluster(s.cluster), dict),
    ),
    "Objects have the values that openstacksdk knows": (
        lambda s: not hasattr(s.sdk.get_cluster(s.cluster), "policies"),
        lambda s: s.ours.get_cluster(s.cluster).policies != [],
    ),
    "`set_cluster_metadata`, `get_…`, `fetch_…` and `delete_cluster_metadata`": (
        lambda s: refused(lambda: s.sdk.set_cluster_metadata(s.cluster, a="b")),
        lambda s: not hasattr(s.ours, "set_cluster_metadata"),
    ),
    "Parameters such as `debug` and `use_direct_get` of the connection": (
        lambda s: openstack.connect(cloud="blue", debug=True, use_direct_get=True).name,
        lambda s: refused(lambda: Connection("blue", debug=True)),
    ),
    "`connection.compute` and other services": (
        lambda s: hasattr(openstack.connection.Connection, "compute"),
        lambda s: not hasattr(Connection, "compute"),
    ),
}


def message_of(call: Callable[[], object]) -> str:
    try:
        call()
    except REFUSED as error:
        return str(error)
    return ""


def outcome(observe: Observation, observed: Observed) -> str:
    try:
        return "as the page says" if observe(observed) else "not as the page says"
    except Exception as error:  # noqa: BLE001 - whatever it is, the page is wrong then
        return f"{type(error).__name__}: {error}"


def main(cluster: str) -> None:
    with_version = openstack.connect("blue", clustering_default_microversion="1.14").clustering
    ours = Connection("blue").cluster
    profile = ours.get_cluster(cluster).profile_id
    observed = Observed(with_version, openstack.connect("blue").clustering, ours, cluster, profile)
    ours.get_build_info(), with_version.get_build_info()  # the first logs in
    found = {name: [outcome(it, observed) for it in pair] for name, pair in DIFFERENCES.items()}
    for left in list(ours.clusters(name="difference")):
        ours.wait_for_delete(ours.delete_cluster(left), interval=0.1)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
