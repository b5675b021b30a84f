"""Actions: what their records show, what they lock, and how they end."""

from tests.contract.cloud import Cloud, action_id, refusal
from tests.contract.scenario import scenario


@scenario(
    "the actions of a cluster and its nodes: each shows its target, and the children the cluster",
    expect=[("CLUSTER_CREATE", "cluster", "cluster"), ("NODE_CREATE", "node", "cluster")],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    words = {cluster: "cluster", node: "node"}
    found = cloud.senlin.actions(target=[cluster, node])
    return sorted((it.action, words[it.target_id], words[it.cluster_id]) for it in found)


@scenario(
    "the children of a check and of a recovery: they are stored without their cluster",
    expect=[("NODE_CHECK", ""), ("NODE_RECOVER", "")],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    cloud.lose_server(node)
    cloud.end(cloud.senlin.check_cluster(cluster))
    cloud.end(cloud.recover(cluster))
    found = [it for it in cloud.senlin.actions(target=[node]) if it.action != "NODE_CREATE"]
    return sorted((it.action, it.cluster_id) for it in found)


@scenario(
    "an action has ended: it shows when it began and ended, and depends on nothing",
    expect=("SUCCEEDED", True, [], 600),
)
def _(cloud: Cloud) -> object:
    ended = cloud.ended(cloud.create(1))
    began, end = ended.start_at, ended.end_at
    ordered = began is not None and end is not None and 0 < began <= end
    return ended.status, ordered, ended.depends_on, ended.timeout


@scenario(
    "the action of a node: its timeout is an hour",
    expect=3600,
)
def _(cloud: Cloud) -> object:
    return cloud.ended(cloud.create_node()).timeout


@scenario(
    "a cluster is at work: its action waits for its child, and both are listed as unfinished",
    expect=(["CLUSTER_CREATE", "NODE_CREATE"], "WAITING", ["RUNNING"], []),
)
def _(cloud: Cloud) -> object:
    with cloud.slow_builds():
        made = cloud.create(1)
        cloud.until(lambda: [it.status for it in cloud.children(made)] == ["RUNNING"])
        (node,) = cloud.ids(made.id)
        listed = cloud.unfinished(made.id, node)
        status = cloud.action(action_id(made)).status
        children = [it.status for it in cloud.children(made)]
    cloud.end(made)
    return listed, status, children, cloud.unfinished(made.id, node)


@scenario(
    "one child fails while another runs: the parent is FAILED at once, and is not unfinished",
    expect=("FAILED", ["NODE_CREATE"], "Conflict ResourceIsLocked", "FAILED", [], True),
)
def _(cloud: Cloud) -> object:
    with cloud.slow_builds(), cloud.failing_builds(count=1):
        made = cloud.create(2)
        id_ = action_id(made)
        cloud.until(lambda: cloud.action(id_).status == "FAILED")
        cloud.until(lambda: len(cloud.children(made)) == 1)
        early = cloud.action(id_).status
        working = cloud.unfinished(made.id, *cloud.ids(made.id))
        locked = refusal(lambda: cloud.senlin.check_cluster(made.id))
    late = cloud.ended(made)
    return early, working, locked, late.status, late.depends_on, bool(late.end_at)


@scenario(
    "a second action on a cluster that is at work: it is refused",
    expect=["Conflict ResourceIsLocked"] * 3,
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    with cloud.slow_builds():
        resize = cloud.resize(cluster, 2)
        cloud.let_start(resize)
        cloud.until(lambda: cloud.children(resize) != [])
        refused = [
            refusal(lambda: cloud.resize(cluster, 3)),
            refusal(lambda: cloud.senlin.update_cluster(cluster, name="new")),
            refusal(lambda: cloud.senlin.check_cluster(cluster)),
        ]
    cloud.end(resize)
    return refused


@scenario(
    "an action on a cluster of which a member is at work: it is refused",
    expect=("Conflict ResourceIsLocked", "SUCCEEDED", "SUCCEEDED"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    node = cloud.ids(cluster)[0]
    with cloud.slow_builds():
        recovery = cloud.recover_node(node)
        cloud.let_start(recovery)
        cloud.until(lambda: cloud.read_node(node).status == "RECOVERING")
        refused = refusal(lambda: cloud.senlin.check_cluster(cluster))
    return refused, cloud.end(recovery), cloud.end(cloud.senlin.check_cluster(cluster))


@scenario(
    "a second action on a node that is at work: it is refused",
    expect=("Conflict ResourceIsLocked", "SUCCEEDED"),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    with cloud.slow_builds():
        recovery = cloud.recover_node(node)
        cloud.let_start(recovery)
        cloud.until(lambda: cloud.read_node(node).status == "RECOVERING")
        refused = refusal(lambda: cloud.senlin.check_node(node))
    return refused, cloud.end(recovery)


@scenario(
    "an action on another member of a cluster of which one is at work: both are carried out",
    expect=("SUCCEEDED", "RECOVERING", "SUCCEEDED"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    one, other = cloud.ids(cluster)
    with cloud.slow_builds():
        recovery = cloud.recover_node(one)
        cloud.let_start(recovery)
        cloud.until(lambda: cloud.read_node(one).status == "RECOVERING")
        check = cloud.end(cloud.senlin.check_node(other))
        meanwhile = cloud.read_node(one).status
    return check, meanwhile, cloud.end(recovery)


@scenario(
    "an action on a member of a cluster that is at work: it is accepted, and fails too late",
    expect=("FAILED", "ACTIVE", "SUCCEEDED"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    (node,) = cloud.ids(cluster)
    with cloud.slow_builds():
        resize = cloud.resize(cluster, 2)
        cloud.let_start(resize)
        cloud.until(lambda: cloud.children(resize) != [])
        check = cloud.end(cloud.senlin.check_node(node))
        status = cloud.read_node(node).status
    return check, status, cloud.end(resize)


@scenario(
    "an action is cancelled by force: it and its children are CANCELLED, and their locks are free",
    expect=("CANCELLED", ["CANCELLED"], [], "SUCCEEDED"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    with cloud.slow_builds():
        resize = cloud.resize(cluster, 2)
        cloud.let_start(resize)
        cloud.until(lambda: [it.status for it in cloud.children(resize)] == ["RUNNING"])
        children = [it.id for it in cloud.children(resize)]
        cloud.senlin.cancel_action(action_id(resize), force=True)
        parent = cloud.action(action_id(resize))
        statuses = [cloud.action(it).status for it in children]
        update = cloud.end(cloud.senlin.update_cluster(cluster, name="new"))
    return parent.status, statuses, parent.depends_on, update


@scenario(
    "a cluster has been deleted: its actions are listed by its id all the same",
    expect=["CLUSTER_CREATE", "CLUSTER_DELETE"],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    cloud.end(cloud.senlin.delete_cluster(cluster))
    return sorted(it.action for it in cloud.senlin.actions(target=[cluster]))


@scenario(
    "actions are asked for by status: only those are listed",
    expect=["CLUSTER_CREATE"],
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        cluster = cloud.cluster(1)
    cloud.end(cloud.senlin.update_cluster(cluster, name="new"))
    found = cloud.senlin.actions(target=[cluster], status=["FAILED", "CANCELLED"])
    return [it.action for it in found]


@scenario(
    "a cluster's action fails: its reason says nothing of the node, whose reason has the cause",
    expect=(False, True),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        made = cloud.create(1)
        ended = cloud.ended(made)
    cause = "No valid host"
    return cause in ended.status_reason, cause in cloud.members(made.id)[0].status_reason


@scenario(
    "policies that have actions sleep: how long they do if nothing is said",
    expect={"pause_time": 60, "grace_period": 0, "lb_status_timeout": 300},
    cites=("default sleep",),
)
def _(cloud: Cloud) -> object:
    found = {}
    types = {"batch": "pause_time", "deletion": "grace_period", "loadbalance": "lb_status_timeout"}
    for type_, name in types.items():
        schema = cloud.senlin.get_policy_type(f"senlin.policy.{type_}-1.0").schema or {}
        found[name] = schema[name]["default"]
    return found
