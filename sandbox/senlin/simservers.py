# mypy: disable-error-code="import-not-found"
# This runs in Senlin's own virtual environment.
"""How the simulated Nova shows a server: to tests, and to Senlin's driver."""

import uuid

from simcatalogue import SUBNETS, Record, network_name


def public(server: Record) -> Record:
    """Return a server as Nova shows it; what begins with `_` is internal."""
    shown = {key: value for key, value in server.items() if not key.startswith("_")}
    addresses: dict[str, list[Record]] = {}
    for port in server["_ports"]:
        found = addresses.setdefault(network_name(port["network_id"]), [])
        found += [_interface(port["id"], it["ip_address"]) for it in port["fixed_ips"]]
    return {**shown, "addresses": addresses}


def as_the_sdk_has_it(server: Record) -> Record:
    """Return a server with the attributes that openstacksdk gives it for a mere member."""
    fixed: Record = {
        "access_ipv4": "",
        "access_ipv6": "",
        "attached_volumes": [],
        "block_device_mapping": [],
        "config_drive": "",
        "disk_config": "MANUAL",
        "has_config_drive": "",
        "hypervisor_hostname": None,
        "links": [],
        "progress": 0,
    }
    shown = public(server)
    # Nova's flavor in a server has no id, so the SDK shows its name there.
    flavor = {**shown["flavor"], "id": shown["flavor"]["name"]}
    return {**fixed, **shown, "flavor": flavor}


def address_on(subnet: str) -> str:
    low = uuid.uuid4().bytes
    return f"{SUBNETS[subnet]}.{low[0]}.{low[1]}"


def _interface(port_id: str, address: str) -> Record:
    mac = ":".join(("fa:16:3e", port_id[:2], port_id[2:4], port_id[4:6]))
    return {
        "addr": address,
        "version": 4,
        "OS-EXT-IPS:type": "fixed",
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }
