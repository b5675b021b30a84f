"""What Senlin knows of servers, and how it repairs nodes."""

from tests.contract.cloud import Cloud, refusal
from tests.contract.scenario import scenario

LOST = ("WARNING", 2, ["ACTIVE", "ERROR"])
WELL = ("ACTIVE", 2, ["ACTIVE", "ACTIVE"])


@scenario(
    "a check finds no server: it succeeds, and the node is ERROR and has none",
    expect=("SUCCEEDED", LOST, [False, True]),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.lose_server(cloud.ids(cluster)[0])
    status = cloud.end(cloud.senlin.check_cluster(cluster))
    return status, cloud.state(cluster), [bool(it.physical_id) for it in cloud.members(cluster)]


@scenario(
    "a check of a node finds no server: created_at stays",
    expect=("SUCCEEDED", "ERROR", None, True),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    cloud.lose_server(node)
    status = cloud.end(cloud.senlin.check_node(node))
    observed = cloud.read_node(node)
    return status, observed.status, observed.physical_id, bool(observed.created_at)


@scenario(
    "a check finds a server in ERROR: it succeeds, and the node is ERROR and keeps it",
    expect=("SUCCEEDED", "ERROR", True),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    before = cloud.read_node(node).physical_id
    cloud.break_server(node)
    status = cloud.end(cloud.senlin.check_node(node))
    observed = cloud.read_node(node)
    return status, observed.status, observed.physical_id == before


@scenario(
    "a server works again: the next check finds the node ACTIVE",
    expect=("ERROR", "SUCCEEDED", "ACTIVE"),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    before = cloud.read_node(node).status
    cloud.mend_server(node)
    return before, cloud.end(cloud.senlin.check_node(node)), cloud.read_node(node).status


@scenario(
    "a check of a node without a server: it fails, and changes nothing",
    expect=("FAILED", "ERROR", "FAILED", ("WARNING", 1, ["ERROR"])),
)
def _(cloud: Cloud) -> object:
    node = cloud.unbuilt_node()
    cluster = cloud.unbuilt_cluster(1)
    return (
        cloud.end(cloud.senlin.check_node(node)),
        cloud.read_node(node).status,
        cloud.end(cloud.senlin.check_cluster(cluster)),
        cloud.state(cluster),
    )


@scenario(
    "a lost node is recreated with its cluster: it is the same node with another server",
    expect=("SUCCEEDED", WELL, True, True, ["RECREATE", None]),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    nodes = cloud.members(cluster)
    cloud.lose_server(nodes[0].id)
    cloud.end(cloud.senlin.check_cluster(cluster))
    status = cloud.end(cloud.recover(cluster))
    after = cloud.members(cluster)
    return (
        status,
        cloud.state(cluster),
        [it.id for it in after] == [it.id for it in nodes],
        after[0].physical_id not in (None, nodes[0].physical_id),
        [(it.data or {}).get("recovery") for it in after],
    )


@scenario(
    "a server was deleted, unknown to Senlin: a recovery finds nothing to do",
    expect=("SUCCEEDED", WELL, True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    before = [it.physical_id for it in cloud.members(cluster)]
    cloud.lose_server(cloud.ids(cluster)[0])
    status = cloud.end(cloud.recover(cluster))
    same = [it.physical_id for it in cloud.members(cluster)] == before
    return status, cloud.state(cluster), same


@scenario(
    "a node that was never built is recreated: created_at stays empty, and data.recovery says so",
    expect=("SUCCEEDED", "ACTIVE", None, "RECREATE", True),
)
def _(cloud: Cloud) -> object:
    node = cloud.unbuilt_node()
    status = cloud.end(cloud.recover_node(node))
    observed = cloud.read_node(node)
    has = cloud.has_server(observed.physical_id or "")
    return status, observed.status, observed.created_at, (observed.data or {}).get("recovery"), has


@scenario(
    "a node that was never built is recreated in vain: nothing says recovery",
    expect=("FAILED", "ERROR", None, None),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        node = cloud.node()
        status = cloud.end(cloud.recover_node(node))
    observed = cloud.read_node(node)
    return status, observed.status, observed.created_at, (observed.data or {}).get("recovery")


@scenario(
    "a node is recreated in vain: it is ERROR, and has no server or keeps the id of the failed one",
    expect=[("FAILED", "ERROR", True, False, False), ("FAILED", "ERROR", True, True, False)],
)
def _(cloud: Cloud) -> object:
    answers = []
    for late in (False, True):
        node = cloud.node()
        with cloud.failing_builds(late=late):
            status = cloud.end(cloud.recover_node(node))
        observed = cloud.read_node(node)
        server = observed.physical_id or ""
        shown = bool(observed.created_at), bool(server), cloud.has_server(server)
        answers.append((status, observed.status, *shown))
    return answers


@scenario(
    "a node that was never built is to be rebuilt or rebooted: that fails",
    expect=[("FAILED", "ERROR"), ("FAILED", "ERROR")],
)
def _(cloud: Cloud) -> object:
    node = cloud.unbuilt_node()
    return [
        (cloud.end(cloud.recover_node(node, it)), cloud.read_node(node).status)
        for it in ("REBUILD", "REBOOT")
    ]


@scenario(
    "a broken server is rebuilt or rebooted: that fails, and the node has no server any more",
    expect=[("FAILED", "ERROR", None), ("FAILED", "ERROR", None)],
)
def _(cloud: Cloud) -> object:
    answers = []
    for operation in ("REBUILD", "REBOOT"):
        node = cloud.broken_node()
        status = cloud.end(cloud.recover_node(node, operation))
        observed = cloud.read_node(node)
        answers.append((status, observed.status, observed.physical_id))
    return answers


@scenario(
    "a broken server is rebooted: Senlin calls that a failure, but the server works again",
    expect="FAILED",
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    server = cloud.read_node(node).physical_id or ""
    status = cloud.end(cloud.recover_node(node, "REBOOT"))
    cloud.until_works(server)
    return status


@scenario(
    "a node is recreated after a reboot that failed: its former server stays, which nobody knows",
    expect=("SUCCEEDED", "ACTIVE", True, True),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    server = cloud.read_node(node).physical_id or ""
    cloud.end(cloud.recover_node(node, "REBOOT"))
    status = cloud.end(cloud.recover_node(node))
    observed = cloud.read_node(node)
    return status, observed.status, observed.physical_id != server, cloud.has_server(server)


@scenario(
    "a cluster's nodes are to be rebuilt, without operation_params: they stay RECOVERING",
    expect=("FAILED", ("WARNING", 2, ["ACTIVE", "RECOVERING"])),
    cites=("operation_params rebuild",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.break_server(cloud.ids(cluster)[0])
    cloud.end(cloud.senlin.check_cluster(cluster))
    status = cloud.end(cloud.senlin.recover_cluster(cluster, operation="REBUILD"))
    return status, cloud.state(cluster)


@scenario(
    "a cluster's nodes are to be rebuilt, with empty operation_params: it fails, they are ERROR",
    expect=("FAILED", LOST),
    cites=("operation_params rebuild",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.break_server(cloud.ids(cluster)[0])
    cloud.end(cloud.senlin.check_cluster(cluster))
    return cloud.end(cloud.recover(cluster, "REBUILD")), cloud.state(cluster)


@scenario(
    "a node is to be rebuilt, without operation_params: it fails, and it is ERROR",
    expect=("FAILED", "ERROR"),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    status = cloud.end(cloud.senlin.recover_node(node, operation="REBUILD"))
    return status, cloud.read_node(node).status


@scenario(
    "a server is to be rebuilt that was deleted, unknown to Senlin: the node is ERROR, without one",
    expect=("FAILED", "ERROR", None),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    cloud.lose_server(node)
    status = cloud.end(cloud.recover_node(node, "REBUILD"))
    observed = cloud.read_node(node)
    return status, observed.status, observed.physical_id


@scenario(
    "a member recovers by an action of its own: its cluster stays WARNING until it is checked",
    expect=(("WARNING", 2, ["ACTIVE", "ACTIVE"]), "SUCCEEDED", WELL),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    node = cloud.ids(cluster)[0]
    cloud.lose_server(node)
    cloud.end(cloud.senlin.check_cluster(cluster))
    cloud.end(cloud.recover_node(node))
    before = cloud.state(cluster)
    return before, cloud.end(cloud.senlin.check_cluster(cluster)), cloud.state(cluster)


@scenario(
    "a member is found broken by an action of its own: its cluster is WARNING at once",
    expect=LOST,
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2, min_size=2)
    node = cloud.ids(cluster)[0]
    cloud.lose_server(node)
    cloud.end(cloud.senlin.check_node(node))
    return cloud.state(cluster)


@scenario(
    "a check finds fewer nodes at work than the least size: the cluster is ERROR",
    expect=("SUCCEEDED", ("ERROR", 2, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2, min_size=2)
    cloud.lose_server(cloud.ids(cluster)[0])
    return cloud.end(cloud.senlin.check_cluster(cluster)), cloud.state(cluster)


@scenario(
    "a cluster in ERROR is recovered: it is ACTIVE",
    expect=("ERROR", "SUCCEEDED", WELL),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(2, min_size=1)
    before = cloud.read(cluster).status
    return before, cloud.end(cloud.recover(cluster)), cloud.state(cluster)


@scenario(
    "a recovery in which one server cannot be built: the action fails, the others are ACTIVE",
    expect=("FAILED", LOST),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(2)
    with cloud.failing_builds(count=1):
        return cloud.end(cloud.recover(cluster)), cloud.state(cluster)


@scenario(
    "a recovery by an operation that does not exist: it is refused",
    expect=["BadRequest BadRequest"] * 2,
)
def _(cloud: Cloud) -> object:
    cluster, node = cloud.cluster(0), cloud.node()
    return [
        refusal(lambda: cloud.recover(cluster, "PRAY")),
        refusal(lambda: cloud.recover_node(node, "PRAY")),
    ]
