"""The size of a cluster, and its limits."""

from tests.contract.cloud import Cloud, refusal
from tests.contract.scenario import scenario


@scenario(
    "a cluster is resized up and down: the record follows, and the size",
    expect=[
        ("SUCCEEDED", ("ACTIVE", 3, ["ACTIVE"] * 3)),
        ("SUCCEEDED", ("ACTIVE", 1, ["ACTIVE"])),
        ("SUCCEEDED", ("ACTIVE", 0, [])),
    ],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    return [(cloud.end(cloud.resize(cluster, it)), cloud.state(cluster)) for it in (3, 1, 0)]


@scenario(
    "a resize to the size that a cluster has: only its limits change",
    expect=("SUCCEEDED", ("ACTIVE", 2, ["ACTIVE", "ACTIVE"]), (1, 4), True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    nodes = cloud.ids(cluster)
    status = cloud.end(cloud.resize(cluster, 2, 1, 4))
    observed = cloud.read(cluster)
    same = cloud.ids(cluster) == nodes
    return status, cloud.state(cluster), (observed.min_size, observed.max_size), same


@scenario(
    "a resize beyond the limits that it brings along: it is refused",
    expect=["BadRequest BadRequest"] * 2,
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    return [
        refusal(lambda: cloud.resize(cluster, 4, 0, 3)),
        refusal(lambda: cloud.resize(cluster, 1, 2, 3)),
    ]


@scenario(
    "a resize to the number of nodes, some of which are broken: nothing is built, and it succeeds",
    expect=("SUCCEEDED", ("WARNING", 2, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2)
    return cloud.end(cloud.resize(cluster, 2)), cloud.state(cluster)


@scenario(
    "a resize of a cluster in ERROR: it is carried out",
    expect=("SUCCEEDED", ("WARNING", 2, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(1, min_size=1)
    return cloud.end(cloud.resize(cluster, 2)), cloud.state(cluster)


@scenario(
    "a cluster shrinks: broken nodes are deleted first",
    expect=("SUCCEEDED", ("ACTIVE", 2, ["ACTIVE", "ACTIVE"]), True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(3)
    broken = cloud.ids(cluster)[1]
    cloud.lose_server(broken)
    cloud.end(cloud.senlin.check_cluster(cluster))
    status = cloud.end(cloud.resize(cluster, 2))
    return status, cloud.state(cluster), not cloud.has_node(broken)


@scenario(
    "a cluster shrinks: of nodes that work, tainted ones are deleted first",
    expect=("SUCCEEDED", ("ACTIVE", 2, ["ACTIVE", "ACTIVE"]), True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(3)
    tainted = cloud.ids(cluster)[1]
    cloud.end(cloud.senlin.update_node(tainted, tainted=True))
    status = cloud.end(cloud.resize(cluster, 2))
    return status, cloud.state(cluster), not cloud.has_node(tainted)


@scenario(
    "a cluster without nodes is resized to its stored size: that becomes 0, and none is built",
    expect=(("WARNING", 2, []), "SUCCEEDED", ("ACTIVE", 0, [])),
    cites=("no nodes stored desired_capacity",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.empty(cluster)
    cloud.end(cloud.senlin.check_cluster(cluster))
    before = cloud.state(cluster)
    return before, cloud.end(cloud.resize(cluster, 2)), cloud.state(cluster)


@scenario(
    "a cluster without nodes is resized above its stored size: only the difference is built",
    expect=("SUCCEEDED", ("ACTIVE", 1, ["ACTIVE"])),
    cites=("no nodes stored desired_capacity",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.empty(cluster)
    return cloud.end(cloud.resize(cluster, 3)), cloud.state(cluster)


@scenario(
    "a cluster without nodes is resized below its stored size: the action fails",
    expect=("FAILED", ("WARNING", 2, [])),
    cites=("no nodes stored desired_capacity",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    cloud.empty(cluster)
    cloud.end(cloud.senlin.check_cluster(cluster))
    return cloud.end(cloud.resize(cluster, 1)), cloud.state(cluster)


@scenario(
    "a resize for which no server can be built: the desired number stays, and so do the nodes",
    expect=("FAILED", ("WARNING", 2, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    with cloud.failing_builds():
        return cloud.end(cloud.resize(cluster, 2)), cloud.state(cluster)


@scenario(
    "a cluster grows after it shrank: numbers of nodes are not used twice",
    expect=[1, 3],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    last = cloud.ids(cluster)[1]
    cloud.end(cloud.drop(cluster, last, destroy=True))
    cloud.end(cloud.resize(cluster, 2))
    return [it.index for it in cloud.members(cluster)]


@scenario(
    "a member is deleted by itself: its cluster desires one less",
    expect=("SUCCEEDED", ("ACTIVE", 1, ["ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    status = cloud.end(cloud.senlin.delete_node(cloud.ids(cluster)[0]))
    return status, cloud.state(cluster)


@scenario(
    "a member is deleted that the least size needs: the action fails, and it stays",
    expect=("FAILED", ("ACTIVE", 2, ["ACTIVE", "ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2, min_size=2)
    status = cloud.end(cloud.senlin.delete_node(cloud.ids(cluster)[0]))
    return status, cloud.state(cluster)


@scenario(
    "a cluster is made that may have no nodes: no limit is stored, until it is resized so",
    expect=(-1, "SUCCEEDED", 0),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0, max_size=0)
    made = cloud.read(cluster).max_size
    status = cloud.end(cloud.resize(cluster, 0, 0, 0))
    return made, status, cloud.read(cluster).max_size
