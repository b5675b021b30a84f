"""What Senlin says of what Nova, Glance and Neutron refuse, lose or fail to do."""

import re
from collections.abc import Callable

from tests.contract.cloud import NETWORKS, Cloud, Started, message, refusal
from tests.contract.scenario import scenario

GENERIC = "Server:<id> transitioned to failure state ERROR."
SERVERS = "Client Error for url: http://<host>/v2.1/servers"
REBUILT = "Proxy.rebuild_server() got multiple values for argument 'image'."
BOTH = [*NETWORKS, {"network": "public"}]
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def plain(cloud: Cloud, text: str) -> str:
    """Return a text without what differs from one scenario to the next."""
    text = re.sub(_UUID, "<id>", text).replace(cloud.name, "<name>")
    return re.sub(r"//[^/]+/", "//<host>/", text)


def reason(cloud: Cloud, node: str) -> str:
    return plain(cloud, cloud.read_node(node).status_reason)


def member(cloud: Cloud, cluster: str) -> str:
    """Return the reason of the first node of a cluster."""
    return plain(cloud, cloud.members(cluster)[0].status_reason)


def after(cloud: Cloud, node: str, started: Started) -> tuple[str, str, str]:
    """Return how an action ended, and the node's status and reason then."""
    ended = cloud.end(started)
    return ended, cloud.read_node(node).status, reason(cloud, node)


def changed(cloud: Cloud, node: str, **properties: object) -> tuple[str, str, str]:
    """Give a node another profile."""
    profile = cloud.profile(**properties)
    return after(cloud, node, cloud.senlin.update_node(node, profile_id=profile))


@scenario(
    "a server fails while it is built: the reason names its state, and nothing of Nova's fault",
    expect=("FAILED", "ERROR", f"Failed in creating server: {GENERIC}"),
    cites=("failed build failure state", "transitioned failure state"),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(late=True):
        made = cloud.create_node()
        return after(cloud, made.id, made)


@scenario(
    "Nova refuses to build a server: the reason has a class, a code, an address, and Nova's words",
    expect=(
        "FAILED",
        "ERROR",
        f"Failed in creating server: ForbiddenException: 403: {SERVERS}, No valid host was found.",
    ),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        made = cloud.create_node()
        return after(cloud, made.id, made)


@scenario(
    "a profile names no network, and the cloud has two: Nova refuses the server",
    expect=(
        "FAILED",
        "ERROR",
        "Failed in creating server: ConflictException: 409: "
        f"{SERVERS}, Multiple possible networks found, use a Network ID to be more specific.",
    ),
)
def _(cloud: Cloud) -> object:
    made = cloud.create_node(profile_id=cloud.profile(networks=[]))
    return after(cloud, made.id, made)


@scenario(
    "a profile names an unknown security group: it is made, and Nova refuses the server",
    expect=(
        "FAILED",
        "ERROR",
        "Failed in creating server: BadRequestException: 400: "
        f"{SERVERS}, Unable to find security_group with name or id 'none'.",
    ),
)
def _(cloud: Cloud) -> object:
    made = cloud.create_node(profile_id=cloud.profile(security_groups=["none"]))
    return after(cloud, made.id, made)


@scenario(
    "a profile fixes an address: Neutron refuses the port, and the node stays CREATING",
    expect=("FAILED", "CREATING", "Creation in progress"),
)
def _(cloud: Cloud) -> object:
    network = {"network": "private", "fixed_ip": "10.10.0.10"}
    made = cloud.create_node(profile_id=cloud.profile(networks=[network]))
    return after(cloud, made.id, made)


@scenario(
    "an image is deleted after its profile was made: no server is built, and Senlin says why",
    expect=("FAILED", "ERROR", "Failed in creating server: No Image found for <name>."),
)
def _(cloud: Cloud) -> object:
    with cloud.image() as image:
        profile = cloud.profile(image=image)
    made = cloud.create_node(profile_id=profile)
    return after(cloud, made.id, made)


@scenario(
    "a profile names what does not exist: 500 for flavor, image and key, 400 for zone and networks",
    expect=[
        ("ServerError InternalError", "No Flavor found for none"),
        ("ServerError InternalError", "No Image found for none"),
        ("ServerError InternalError", "No Keypair found for none"),
        ("BadRequest InvalidSpec", "The specified availability_zone 'none' could not be found"),
        ("BadRequest InvalidSpec", "The specified network none could not be found."),
        ("BadRequest InvalidSpec", "No Subnet found for none"),
        ("BadRequest InvalidSpec", "No SecurityGroup found for none"),
        ("BadRequest InvalidSpec", "No Port found for none"),
    ],
    cites=("flavor, image or key pair that the cloud does not have",),
)
def _(cloud: Cloud) -> object:
    unknown: list[dict[str, object]] = [
        {"flavor": "none"},
        {"image": "none"},
        {"key_name": "none"},
        {"availability_zone": "none"},
        {"networks": [{"network": "none"}]},
        {"networks": [{"network": "private", "subnet": "none"}]},
        {"networks": [{"network": "private", "security_groups": ["none"]}]},
        {"networks": [{"port": "none"}]},
    ]

    def refused(properties: dict[str, object]) -> tuple[str, str]:
        send: Callable[[], object] = lambda: cloud.profile(**properties)  # noqa: E731
        return refusal(send), message(send)

    return [refused(it) for it in unknown]


@scenario(
    "a check finds no server: the reason has Nova's words and an address, and no class",
    expect=(
        "SUCCEEDED",
        "ERROR",
        "Failed in found server '<id>': No Server found for <id>: "
        f"{SERVERS}/<id>, Instance <id> could not be found.",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    cloud.lose_server(node)
    return after(cloud, node, cloud.senlin.check_node(node))


@scenario(
    "a check finds a server in ERROR: the reason says that the node is not ACTIVE",
    expect=("SUCCEEDED", "ERROR", "Check: Node is not ACTIVE."),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    cloud.break_server(node)
    return after(cloud, node, cloud.senlin.check_node(node))


@scenario(
    "a server is rebuilt: that fails in Senlin itself",
    expect=("FAILED", "ERROR", f"Failed in rebuilding server '<id>': {REBUILT}"),
    cites=("cannot rebuild a server",),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    return after(cloud, node, cloud.recover_node(node, "REBUILD"))


@scenario(
    "a server in ERROR is rebooted: Senlin takes the status before the reboot for its result",
    expect=("FAILED", "ERROR", f"Failed in rebooting server '<id>': {GENERIC}"),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    return after(cloud, node, cloud.recover_node(node, "REBOOT"))


@scenario(
    "a lost node is recreated in vain: the reason says so, and what the build said",
    expect=(
        "FAILED",
        "ERROR",
        f"Failed in recovering node '<id>': Failed in creating server: {GENERIC}",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    with cloud.failing_builds(late=True):
        return after(cloud, node, cloud.recover_node(node))


@scenario(
    "a node gets another image: that fails in Senlin itself, and its server stays stopped",
    expect=("FAILED", "ERROR", f"Failed in updating server '<id>': {REBUILT}", "SHUTOFF"),
    cites=("cannot change the image of a server", "stops a server, and then fails"),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    answer = changed(cloud, node, image="cirros-new")
    return *answer, cloud.server_status(node)


@scenario(
    "a node gets another image: the next check finds its server stopped",
    expect=("SUCCEEDED", "ERROR", "Check: Node is not ACTIVE."),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    changed(cloud, node, image="cirros-new")
    return after(cloud, node, cloud.senlin.check_node(node))


@scenario(
    "Nova refuses a node its new flavor: the reason has class, code and address",
    expect=(
        "FAILED",
        "ERROR",
        "Failed in updating server '<id>': ForbiddenException: 403: "
        f"{SERVERS}/<id>/action, Quota exceeded for cores.",
        "ACTIVE",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    with cloud.failing_resizes():
        answer = changed(cloud, node, flavor="m1.small")
    return *answer, cloud.server_status(node)


@scenario(
    "a node gets a second network: Nova refuses the port that the server has already",
    expect=(
        "FAILED",
        "ERROR",
        "Failed in updating server '<id>': ConflictException: 409: "
        f"{SERVERS}/<id>/os-interface, Port <id> is still in use.",
        "ACTIVE",
        "Check: Node is ACTIVE.",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    answer = changed(cloud, node, networks=BOTH)
    status = cloud.server_status(node)
    cloud.end(cloud.senlin.check_node(node))
    return *answer, status, reason(cloud, node)


@scenario(
    "a node loses one of two networks, or gets another: it does",
    expect=[("SUCCEEDED", "ACTIVE", "Update succeeded")] * 2,
)
def _(cloud: Cloud) -> object:
    node = cloud.node(profile_id=cloud.profile(networks=BOTH))
    return [
        changed(cloud, node, networks=NETWORKS),
        changed(cloud, node, networks=[{"network": "public"}]),
    ]


@scenario(
    "a server that is lost or paused gets another flavor: the reason says why that fails",
    expect=[
        "Failed in updating server '<id>': No Server found for <id>: "
        f"{SERVERS}/<id>, Instance <id> could not be found.",
        "Failed in updating server '<id>': "
        "Server needs to be ACTIVE or STOPPED in order to update flavor.",
    ],
)
def _(cloud: Cloud) -> object:
    reasons = []
    for harm in (cloud.lose_server, cloud.break_server):
        node = cloud.node()
        harm(node)
        reasons.append(changed(cloud, node, flavor="m1.small")[2])
    return reasons


@scenario(
    "Nova refuses to delete a server: the node is ERROR, and keeps it",
    expect=(
        "FAILED",
        "ERROR",
        "Failed in deleting server '<id>': ConflictException: 409: "
        f"{SERVERS}/<id>, The server cannot be deleted.",
        "ACTIVE",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    with cloud.failing_deletions():
        answer = after(cloud, node, cloud.senlin.delete_node(node))
    return *answer, cloud.server_status(node)


@scenario(
    "what Senlin does well: each has a reason of two words",
    expect=[
        "Creation succeeded",
        "Check: Node is ACTIVE.",
        "Update succeeded",
        "Recovery succeeded",
    ],
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    reasons = [member(cloud, cluster)]
    cloud.end(cloud.senlin.check_cluster(cluster))
    reasons.append(member(cloud, cluster))
    profile = cloud.profile(metadata={"a": "b"})
    cloud.end(cloud.senlin.update_cluster(cluster, profile_id=profile))
    reasons.append(member(cloud, cluster))
    cloud.lose_server(cloud.ids(cluster)[0])
    cloud.end(cloud.senlin.check_cluster(cluster))
    cloud.end(cloud.recover(cluster))
    return [*reasons, member(cloud, cluster)]


@scenario(
    "a node has a server: its data has the ports that Senlin made, and the server's zone",
    expect=(
        ["internal_ports", "placement"],
        ["fixed_ips", "id", "network_id", "remove", "security_group_ids"],
        ["ip_address", "subnet_id"],
        ["zone"],
    ),
)
def _(cloud: Cloud) -> object:
    data = cloud.read_node(cloud.node()).data or {}
    (port,) = data["internal_ports"]
    return sorted(data), sorted(port), sorted(port["fixed_ips"][0]), sorted(data["placement"])


@scenario(
    "the build of a server fails or is refused: the node's data has no ports any more",
    expect=[{"internal_ports": []}] * 2,
)
def _(cloud: Cloud) -> object:
    answers = []
    for late in (False, True):
        with cloud.failing_builds(late=late):
            answers.append(cloud.read_node(cloud.node()).data)
    return answers


@scenario(
    "the details of a node: flavor and image are ids, and little else is known to a member",
    expect=(
        "addresses attached_volumes config_drive flavor id image key_name metadata name progress "
        "security_groups status",
        ["<id>", "<id>", "", 0, "default"],
        {"private": ["OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type", "addr", "version"]},
    ),
)
def _(cloud: Cloud) -> object:
    details = cloud.senlin.get_node(cloud.node(), details=True).details or {}
    shown = "flavor", "image", "config_drive", "progress", "security_groups"
    values = [details[it] for it in shown]
    return (
        " ".join(sorted(details)),
        [plain(cloud, it) if isinstance(it, str) else it for it in values],
        {name: sorted(ports[0]) for name, ports in details["addresses"].items()},
    )


@scenario(
    "the details of a node whose server was deleted: they are an error of 404",
    expect=(
        404,
        f"No Server found for <id>: {SERVERS}/<id>, Instance <id> could not be found.",
    ),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    cloud.lose_server(node)
    details = cloud.senlin.get_node(node, details=True).details or {}
    error = details["Error"]
    return error["code"], plain(cloud, error["message"])
