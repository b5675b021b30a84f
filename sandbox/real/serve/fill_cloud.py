# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call"
# This runs in the real cloud's own virtual environment.
"""Make what the simulated cloud has as well; OS_CLIENT_CONFIG_FILE names the clouds.yaml."""

import sys
import time
import warnings

warnings.simplefilter("ignore")

import openstack  # noqa: E402
from hosts import ZONES  # noqa: E402

FLAVORS = {
    "m1.tiny": (512, 1),
    "m1.small": (2048, 1),
    "m1.medium": (4096, 2),
    "m1.large": (8192, 4),
}
IMAGES = ("cirros", "cirros-new", "debian-12", "ubuntu-24.04")
NETWORKS = {"private": "10.10.0.0/16", "public": "10.20.0.0/16"}
USERS = ("blue-1", "blue-2", "green-1", "green-2")
KEY_PAIRS = ("default", "oskey")
SECONDS = 60


def main() -> None:
    admin = openstack.connect("admin")
    for name, (ram, vcpus) in FLAVORS.items():
        admin.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=1)
    for name in IMAGES:
        admin.image.create_image(
            name=name,
            disk_format="raw",
            container_format="bare",
            visibility="public",
            data=b"No server ever boots from this.\n",
            allow_duplicates=True,  # else the SDK looks for one with the same content
        )
    for name, addresses in NETWORKS.items():
        network = admin.network.create_network(name=name, is_shared=True)
        subnet = {"name": name, "cidr": addresses, "ip_version": 4, "is_dhcp_enabled": False}
        admin.network.create_subnet(network_id=network.id, **subnet)
    for user in USERS:
        for name in KEY_PAIRS:
            openstack.connect(user).compute.create_keypair(name=name)
    deadline = time.monotonic() + SECONDS
    while len(list(admin.compute.hypervisors())) < len(ZONES):
        if time.monotonic() > deadline:
            sys.exit("Nova does not have all hypervisors.")
        time.sleep(0.5)
    for host, zone in ZONES.items():
        aggregate = admin.compute.create_aggregate(name=zone, availability_zone=zone)
        admin.compute.add_host_to_aggregate(aggregate, host)


if __name__ == "__main__":
    main()
