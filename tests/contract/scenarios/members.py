"""Nodes that join a cluster and leave it."""

from openstack_clustering import Node
from tests.contract.cloud import DELETION, NOBODY, Cloud, Document, refusal
from tests.contract.scenario import scenario


def place(node: Node) -> tuple[bool, int, str]:
    """Return whether a node is in a cluster, its number there, and its role."""
    return bool(node.cluster_id), node.index, node.role or ""


def left_under(cloud: Cloud, policy: str, *, enabled: bool = True) -> tuple[str, bool, bool]:
    """Have a node leave a cluster with a policy; return the end, and if node and server exist."""
    cluster = cloud.cluster(2)
    cloud.end(cloud.attach(cluster, policy, enabled=enabled))
    node = cloud.members(cluster)[0]
    status = cloud.end(cloud.drop(cluster, node.id))
    return status, cloud.has_node(node.id), cloud.has_server(node.physical_id or "")


@scenario(
    "a node joins a cluster: it gets a number, and the cluster desires one more",
    expect=("SUCCEEDED", (True, 2, ""), ("ACTIVE", 2, ["ACTIVE", "ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(1), cloud.node()
    status = cloud.end(cloud.join(cluster, node))
    return status, place(cloud.read_node(node)), cloud.state(cluster)


@scenario(
    "a node with a role joins a cluster and leaves it: the role is forgotten both times",
    expect=["boss", "", "boss", ""],
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(0), cloud.node(role="boss")
    roles = [cloud.read_node(node).role]
    cloud.end(cloud.join(cluster, node))
    roles.append(cloud.read_node(node).role or "")
    cloud.end(cloud.senlin.update_node(node, role="boss"))
    roles.append(cloud.read_node(node).role)
    cloud.end(cloud.drop(cluster, node))
    roles.append(cloud.read_node(node).role or "")
    return roles


@scenario(
    "a node that is not ACTIVE is to join: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(0), cloud.unbuilt_node()
    return refusal(lambda: cloud.join(cluster, node))


@scenario(
    "a node that does not exist is to join: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    return refusal(lambda: cloud.join(cluster, NOBODY))


@scenario(
    "a member of a cluster is to join another: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    one, other = cloud.cluster(1, profile_id=profile), cloud.cluster(0, profile_id=profile)
    (node,) = cloud.ids(one)
    return refusal(lambda: cloud.join(other, node))


@scenario(
    "a node is to join a cluster that is full: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(1, max_size=1), cloud.node()
    return refusal(lambda: cloud.join(cluster, node))


@scenario(
    "a node joins whose server was deleted, unknown to Senlin: that fails, and it stays outside",
    expect=("FAILED", (False, -1, ""), ("ACTIVE", 0, [])),
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(0), cloud.node()
    cloud.lose_server(node)
    status = cloud.end(cloud.join(cluster, node))
    return status, place(cloud.read_node(node)), cloud.state(cluster)


@scenario(
    "a node leaves its cluster: it keeps its server, and the cluster desires one less",
    expect=("SUCCEEDED", (False, -1, ""), "ACTIVE", True, ("ACTIVE", 1, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    node = cloud.ids(cluster)[0]
    status = cloud.end(cloud.drop(cluster, node))
    observed = cloud.read_node(node)
    alive = cloud.has_server(observed.physical_id or "")
    return status, place(observed), observed.status, alive, cloud.state(cluster)


@scenario(
    "a node is removed to be destroyed: its server is destroyed as well",
    expect=("SUCCEEDED", False, False, ("ACTIVE", 1, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    node = cloud.members(cluster)[0]
    status = cloud.end(cloud.drop(cluster, node.id, destroy=True))
    alive = cloud.has_server(node.physical_id or "")
    return status, cloud.has_node(node.id), alive, cloud.state(cluster)


@scenario(
    "a node without a server leaves: the action fails, it stays, yet the cluster desires one less",
    expect=("FAILED", True, ("ACTIVE", 1, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2)
    (node,) = (it.id for it in cloud.members(cluster) if it.status == "ERROR")
    status = cloud.end(cloud.drop(cluster, node))
    return status, bool(cloud.read_node(node).cluster_id), cloud.state(cluster)


@scenario(
    "a node leaves whose server was deleted, unknown to Senlin: that fails, but counts as well",
    expect=("FAILED", True, "ACTIVE", ("ACTIVE", 1, ["ACTIVE", "ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    node = cloud.ids(cluster)[0]
    cloud.lose_server(node)
    status = cloud.end(cloud.drop(cluster, node))
    observed = cloud.read_node(node)
    return status, bool(observed.cluster_id), observed.status, cloud.state(cluster)


@scenario(
    "a node without a server is removed to be destroyed: it is",
    expect=("SUCCEEDED", ("ACTIVE", 1, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2)
    (node,) = (it.id for it in cloud.members(cluster) if it.status == "ERROR")
    return cloud.end(cloud.drop(cluster, node, destroy=True)), cloud.state(cluster)


@scenario(
    "a node is to leave that the least size needs: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1, min_size=1)
    (node,) = cloud.ids(cluster)
    return refusal(lambda: cloud.drop(cluster, node))


@scenario(
    "a node joins a cluster that lacks nodes: the desired number is held to the limit",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(2, max_size=2), cloud.node()
    cloud.empty(cluster)
    return refusal(lambda: cloud.join(cluster, node))


@scenario(
    "a node joins a cluster with more nodes than desired: the nodes are held to the limit",
    expect=("FAILED", False, ("ACTIVE", 1, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2, max_size=2)
    (lost,) = (it.id for it in cloud.members(cluster) if it.status == "ERROR")
    cloud.end(cloud.drop(cluster, lost))
    node = cloud.node()
    status = cloud.end(cloud.join(cluster, node))
    return status, bool(cloud.read_node(node).cluster_id), cloud.state(cluster)


@scenario(
    "a node leaves a cluster with more nodes than desired: the desired number is held to the limit",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2, min_size=1)
    nodes = {it.status: it.id for it in cloud.members(cluster)}
    cloud.end(cloud.drop(cluster, nodes["ERROR"]))
    return refusal(lambda: cloud.drop(cluster, nodes["ACTIVE"]))


@scenario(
    "a node leaves a cluster that lacks nodes: the nodes are held to the limit",
    expect=("FAILED", ("WARNING", 2, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2, min_size=1)
    keep: Document = {"destroy_after_deletion": True, "reduce_desired_capacity": False}
    cloud.end(cloud.attach(cluster, cloud.policy(DELETION, **keep)))
    one, other = cloud.ids(cluster)
    cloud.end(cloud.drop(cluster, one))
    return cloud.end(cloud.drop(cluster, other)), cloud.state(cluster)


@scenario(
    "a node joins a cluster that lacks nodes: those are not desired any more",
    expect=("SUCCEEDED", ("ACTIVE", 1, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(2), cloud.node()
    cloud.empty(cluster)
    return cloud.end(cloud.join(cluster, node)), cloud.state(cluster)


@scenario(
    "a node that is no member is to leave: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(1), cloud.node()
    return refusal(lambda: cloud.drop(cluster, node))


@scenario(
    "a node leaves under a deletion policy that says nothing of servers: its server is destroyed",
    expect=("SUCCEEDED", False, False),
)
def _(cloud: Cloud) -> object:
    return left_under(cloud, cloud.policy(DELETION))


@scenario(
    "a node leaves under a policy that destroys servers: it does, whatever the request says",
    expect=("SUCCEEDED", False, False),
)
def _(cloud: Cloud) -> object:
    return left_under(cloud, cloud.policy(DELETION, destroy_after_deletion=True))


@scenario(
    "a node leaves under a policy that destroys servers, and is disabled: it keeps its server",
    expect=("SUCCEEDED", True, True),
)
def _(cloud: Cloud) -> object:
    return left_under(cloud, cloud.policy(DELETION, destroy_after_deletion=True), enabled=False)


@scenario(
    "a node leaves under a policy that spares servers: it keeps its server",
    expect=("SUCCEEDED", True, True),
)
def _(cloud: Cloud) -> object:
    return left_under(cloud, cloud.policy(DELETION, destroy_after_deletion=False))


@scenario(
    "a node leaves under a policy that keeps the size: the cluster desires as many as before",
    expect=("SUCCEEDED", ("WARNING", 2, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    keep: Document = {"destroy_after_deletion": False, "reduce_desired_capacity": False}
    cloud.end(cloud.attach(cluster, cloud.policy(DELETION, **keep)))
    return cloud.end(cloud.drop(cluster, cloud.ids(cluster)[0])), cloud.state(cluster)
