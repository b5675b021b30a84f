"""What persons ask of clusters and nodes: the inputs by which it is found again, and its end."""

from typing import Any

from tests.contract.cloud import NOBODY, Cloud, action_id, refusal
from tests.contract.scenario import scenario

_OURS = {"mark": "ours"}
_LEFT_OUT = {"min_size": None, "max_size": None, "min_step": None, "strict": True}


def inputs(cloud: Cloud, started: Any) -> object:
    """Let an action end; return its name, its cause and its inputs."""
    ended = cloud.ended(started)
    return ended.action, ended.cause, dict(ended.inputs)


@scenario(
    "a cluster and a node are checked and recovered: the action stores all that the request has",
    expect=[
        ("CLUSTER_CHECK", "RPC Request", _OURS),
        ("CLUSTER_RECOVER", "RPC Request", {"operation": "RECREATE", "operation_params": _OURS}),
        ("NODE_CHECK", "RPC Request", _OURS),
        ("NODE_RECOVER", "RPC Request", {"operation": "REBOOT", "operation_params": _OURS}),
    ],
    cites=("Senlin 16 stores `operation_params` whole",),
)
def _(cloud: Cloud) -> object:
    senlin, cluster = cloud.senlin, cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    recreate: Any = {"operation": "RECREATE", "operation_params": _OURS}
    reboot: Any = {"operation": "REBOOT", "operation_params": _OURS}
    return [
        inputs(cloud, senlin.check_cluster(cluster, **_OURS)),
        inputs(cloud, senlin.recover_cluster(cluster, **recreate)),
        inputs(cloud, senlin.check_node(node, **_OURS)),
        inputs(cloud, senlin.recover_node(node, **reboot)),
    ]


@scenario(
    "a recovery has parameters without an operation: it is refused",
    expect=["BadRequest BadRequest", "BadRequest BadRequest"],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    return [
        refusal(lambda: cloud.senlin.recover_cluster(cluster, operation_params=_OURS)),
        refusal(lambda: cloud.senlin.recover_node(node, operation_params=_OURS)),
    ]


@scenario(
    "a cluster is scaled and resized: the action stores the numbers, and None for what is left out",
    expect=[
        ("CLUSTER_SCALE_OUT", "RPC Request", {}),
        ("CLUSTER_SCALE_IN", "RPC Request", {"count": 1}),
        (
            "CLUSTER_RESIZE",
            "RPC Request",
            {**_LEFT_OUT, "adjustment_type": "CHANGE_IN_CAPACITY", "number": 1},
        ),
        (
            "CLUSTER_RESIZE",
            "RPC Request",
            {**_LEFT_OUT, "adjustment_type": None, "number": None, "max_size": 5},
        ),
    ],
)
def _(cloud: Cloud) -> object:
    senlin, cluster = cloud.senlin, cloud.cluster(1)
    grow: Any = {"adjustment_type": "CHANGE_IN_CAPACITY", "number": 1}
    return [
        inputs(cloud, senlin.scale_out_cluster(cluster)),
        inputs(cloud, senlin.scale_in_cluster(cluster, 1)),
        inputs(cloud, senlin.resize_cluster(cluster, **grow)),
        inputs(cloud, senlin.resize_cluster(cluster, max_size=5)),
    ]


@scenario(
    "a cluster of 2 is resized in each way: its size is rounded and cut as Senlin does",
    expect=[3, 4, 3, 5, 2],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2, max_size=5)
    requests: list[dict[str, Any]] = [
        {"adjustment_type": "CHANGE_IN_PERCENTAGE", "number": 10},
        {"adjustment_type": "CHANGE_IN_PERCENTAGE", "number": 50},
        {"adjustment_type": "CHANGE_IN_PERCENTAGE", "number": -1},
        {"adjustment_type": "EXACT_CAPACITY", "number": 9, "strict": False},
        {"adjustment_type": "CHANGE_IN_PERCENTAGE", "number": -10, "min_step": 3},
    ]
    sizes = []
    for request in requests:
        cloud.end(cloud.senlin.resize_cluster(cluster, **request))
        sizes.append(len(cloud.ids(cluster)))
    return sizes


@scenario(
    "nodes are added, replaced and removed: the action stores their ids",
    expect=[
        ("CLUSTER_ADD_NODES", "RPC Request", {"nodes": ["first"]}),
        ("CLUSTER_REPLACE_NODES", "RPC Request", {"candidates": {"first": "second"}}),
        (
            "CLUSTER_DEL_NODES",
            "RPC Request",
            {"candidates": ["second"], "count": 1, "destroy_after_deletion": False},
        ),
        ["member"],
    ],
)
def _(cloud: Cloud) -> object:
    senlin, cluster = cloud.senlin, cloud.cluster(1)
    first, second = cloud.node(), cloud.node()
    words = {first: "first", second: "second", cloud.ids(cluster)[0]: "member"}

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {words.get(key, key): named(it) for key, it in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(named(it) for it in value)
        return words.get(value, value)

    stored = [
        inputs(cloud, cloud.join(cluster, first)),
        inputs(cloud, senlin.replace_nodes_in_cluster(cluster, {first: second})),
    ]
    cloud.until(lambda: second in cloud.ids(cluster) and first not in cloud.ids(cluster))
    stored.append(inputs(cloud, cloud.drop(cluster, second)))
    return named([*stored, cloud.ids(cluster)])


@scenario(
    "an operation is performed: the action stores its name and its parameters",
    expect=[
        ("CLUSTER_OPERATION", "reboot", {"type": "SOFT"}),
        ("NODE_OPERATION", "reboot", {"type": "SOFT"}),
        ("BadRequest BadRequest", "BadRequest BadRequest"),
    ],
)
def _(cloud: Cloud) -> object:
    senlin, cluster = cloud.senlin, cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    one = cloud.ended(senlin.perform_operation_on_cluster(cluster, "reboot", type="SOFT"))
    two = cloud.ended(senlin.perform_operation_on_node(node, "reboot", type="SOFT"))
    return [
        *((it.action, it.inputs["operation"], it.inputs["params"]) for it in (one, two)),
        (
            refusal(lambda: senlin.perform_operation_on_cluster(cluster, "dance")),
            refusal(lambda: senlin.perform_operation_on_node(node, "dance")),
        ),
    ]


@scenario(
    "a cluster's action is cancelled while it waits: it ends, and what its child has begun goes on",
    expect=("CANCELLED", "RUNNING", "SUCCEEDED"),
    cites=("Senlin 16 notices a cancelled action only while the action waits for its children",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    with cloud.slow_builds():
        started = cloud.senlin.scale_out_cluster(cluster, 1)
        cloud.until(lambda: [it.status for it in cloud.children(started)] == ["RUNNING"])
        (child,) = cloud.children(started)
        cloud.senlin.cancel_action(action_id(started))
        cloud.until(lambda: cloud.action(action_id(started)).status == "CANCELLED")
        going_on = cloud.action(child.id).status
    return cloud.end(started), going_on, cloud.action(child.id).status


@scenario(
    "a node's action is cancelled while it runs: it goes on, and succeeds",
    expect="SUCCEEDED",
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    with cloud.slow_builds():
        started = cloud.recover_node(node)
        cloud.until(lambda: cloud.action(action_id(started)).status == "RUNNING")
        cloud.senlin.cancel_action(action_id(started))
    return cloud.end(started)


@scenario(
    "an action is cancelled that has ended, or that does not exist: it is refused",
    expect=("Conflict ActionImmutable", "ResourceNotFound ResourceNotFound"),
)
def _(cloud: Cloud) -> object:
    created = cloud.create(1)
    cloud.end(created)
    return (
        refusal(lambda: cloud.senlin.cancel_action(action_id(created))),
        refusal(lambda: cloud.senlin.cancel_action(NOBODY)),
    )


@scenario(
    "the newest actions of a name are asked for: the newest comes first",
    expect=(["CLUSTER_CHECK"] * 2, True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    for _ in range(2):
        cloud.end(cloud.senlin.check_cluster(cluster))
    query: Any = {"target": cluster, "action": "CLUSTER_CHECK"}
    found = list(cloud.senlin.actions(**query, sort="created_at:desc", limit=20))
    times = [it.created_at or "" for it in found]
    return [it.action for it in found], times == sorted(times, reverse=True)
