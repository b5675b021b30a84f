"""What the simulated cloud has from the start; the same as the real one, but for the ids."""

import uuid
from typing import Any

Record = dict[str, Any]

ZONES = ("az1", "az2", "az3")
KEYPAIRS = tuple({"id": name, "name": name} for name in ("default", "oskey"))
SUBNETS = {"private": "10.10", "public": "10.20"}  # the first half of their addresses


def id_of(name: str) -> str:
    """Return an id for a name, the same in every sandbox."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.sandbox.invalid"))


def image(name: str) -> Record:
    return {"id": id_of(name), "name": name, "status": "ACTIVE"}


def _flavor(name: str, ram: int, vcpus: int) -> Record:
    fixed = {"disk": 1, "is_disabled": False, "original_name": name}
    return {"id": id_of(name), "name": name, "ram": ram, "vcpus": vcpus, **fixed}


FLAVORS = (
    _flavor("m1.tiny", 512, 1),
    _flavor("m1.small", 2048, 1),
    _flavor("m1.medium", 4096, 2),
    _flavor("m1.large", 8192, 4),
)
IMAGES = tuple(image(name) for name in ("cirros", "cirros-new", "debian-12", "ubuntu-24.04"))
NETWORKS = tuple({"id": id_of(f"network-{it}"), "name": it, "subnets": []} for it in SUBNETS)
NETWORK_SUBNETS = tuple(
    {
        "id": id_of(f"subnet-{name}"),
        "name": name,
        "network_id": id_of(f"network-{name}"),
        "ip_version": 4,
    }
    for name in SUBNETS
)
SECURITY_GROUPS = ({"id": id_of("group-default"), "name": "default"},)


def network_name(network_id: str) -> str:
    return next(str(it["name"]) for it in NETWORKS if it["id"] == network_id)
