# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""Simulated Nova, Glance, Neutron and Octavia, in place of Senlin's own test drivers.

Senlin's test drivers keep no servers and never fail. These keep them in a `Cloud`, and tests set
its faults over an HTTP port of this process.
"""

import copy
import functools
import os
from pathlib import Path

import eventlet
from control_port import open_control_port
from oslo_config import cfg
from oslo_utils import uuidutils
from senlin.common import consts, exception
from senlin.drivers import sdk
from senlin.drivers.os import lbaas
from senlin.tests.drivers import os_test
from senlin.tests.drivers.os_test import glance_v2, neutron_v2, nova_v2, octavia_v2
from simcloud import FLAVORS, IMAGES, KEYPAIRS, ZONES, Cloud, CloudError

WAIT_SECONDS = 0.1
KEPT = ("metadata", "key_name", "security_groups", "availability_zone", "scheduler_hints")
NETWORKS = ("private", "public")  # each with a subnet of its name
VIP = "203.0.113.10"
HYPERVISOR = {"id": "1", "hypervisor_hostname": "sandbox", "state": "up", "status": "enabled"}

cloud = Cloud(Path(os.environ["SIMULATED_CLOUD_FILE"]))


def install() -> None:
    """Replace Senlin's test drivers, and open the control port."""
    os_test.compute = Nova
    os_test.glance = Glance
    os_test.network = Neutron
    os_test.octavia = Octavia
    os_test.loadbalancing = LoadBalancing
    open_control_port(int(os.environ["SIMULATED_CLOUD_PORT"]), cloud.operations())


def as_senlin_expects(method):
    """Translate the cloud's errors into the exception that Senlin's drivers raise."""

    @functools.wraps(method)
    def translated(*args, **kwargs):
        try:
            return method(*args, **kwargs)
        except CloudError as error:
            raise exception.InternalError(code=error.code, message=error.message) from error

    return translated


def resource(record):
    return sdk.FakeResourceObject(copy.deepcopy(record))


def server_resource(record):
    """Return a server with all attributes that Senlin's server profile reads."""
    public = {key: value for key, value in record.items() if not key.startswith("_")}
    fixed = {
        "access_ipv4": "",
        "access_ipv6": "",
        "attached_volumes": [],
        "block_device_mapping": [],
        "disk_config": "AUTO",
        "has_config_drive": False,
        "host_id": "sandbox",
        "hypervisor_hostname": "sandbox",
        "links": [],
        "progress": 100,
    }
    return resource({**fixed, **public})


class Nova(nova_v2.NovaClient):
    """The calls that Senlin makes for a server profile, a zone and an affinity policy."""

    @as_senlin_expects
    def flavor_find(self, name_or_id, ignore_missing=False):
        return resource(cloud.look_up("Flavor", FLAVORS, name_or_id))

    @as_senlin_expects
    def keypair_find(self, name_or_id, ignore_missing=False):
        keypairs = tuple({"id": name, "name": name} for name in KEYPAIRS)
        return resource(cloud.look_up("Keypair", keypairs, name_or_id))

    @as_senlin_expects
    def server_create(self, **attributes):
        given = {name: attributes[name] for name in KEPT if attributes.get(name)}
        flavor, image = attributes["flavorRef"], attributes.get("imageRef")
        return server_resource(
            cloud.create(attributes["name"], flavor=flavor, image=image, **given)
        )

    @as_senlin_expects
    def server_get(self, server):
        return server_resource(cloud.get(getattr(server, "id", server)))

    @as_senlin_expects
    def wait_for_server(
        self, server, status=consts.VS_ACTIVE, failures=None, interval=2, timeout=None
    ):
        seconds = timeout or cfg.CONF.default_nova_timeout
        with eventlet.Timeout(seconds, CloudError(500, f"Server {server} is not yet {status}")):
            while (record := cloud.get(server))["status"] != status:
                if record["status"] in (failures or [consts.VS_ERROR]):
                    fault = (record["fault"] or {}).get("message", "")
                    raise CloudError(500, f"Server:{server} transitioned to failure state: {fault}")
                eventlet.sleep(WAIT_SECONDS)

    @as_senlin_expects
    def server_delete(self, server, ignore_missing=True):
        cloud.delete(server)

    server_force_delete = server_delete

    def wait_for_server_delete(self, server, timeout=None):
        """Return at once: deletions are immediate."""

    @as_senlin_expects
    def server_update(self, server, **attributes):
        return server_resource(cloud.change(server, **attributes))

    @as_senlin_expects
    def server_rebuild(self, server, image, name=None, admin_password=None, **attributes):
        """Rebuild a server; as in Nova, a stopped server is stopped afterwards."""
        image_id = cloud.look_up("Image", IMAGES, image)["id"]
        before = cloud.get(server)
        status = before["status"] if before["status"] == consts.VS_SHUTOFF else consts.VS_ACTIVE
        changes = {"image": {"id": image_id}, "status": status, "name": name or before["name"]}
        return server_resource(cloud.change(server, **changes))

    @as_senlin_expects
    def server_resize(self, server, flavor):
        cloud.resize(server, flavor)

    @as_senlin_expects
    def server_resize_confirm(self, server):
        before = cloud.get(server)["_before_resize"]
        cloud.change(server, status=before["status"])

    @as_senlin_expects
    def server_resize_revert(self, server):
        cloud.change(server, **cloud.get(server)["_before_resize"])

    @as_senlin_expects
    def server_metadata_get(self, server):
        return dict(cloud.get(server)["metadata"])

    @as_senlin_expects
    def server_metadata_update(self, server, metadata):
        return server_resource(cloud.change(server, metadata=dict(metadata or {})))

    @as_senlin_expects
    def server_metadata_delete(self, server, keys):
        kept = {k: v for k, v in cloud.get(server)["metadata"].items() if k not in keys}
        cloud.change(server, metadata=kept)

    @as_senlin_expects
    def server_change_password(self, server, new_password):
        cloud.get(server)

    @as_senlin_expects
    def server_interface_create(self, server, **attributes):
        cloud.get(server.id)

    @as_senlin_expects
    def server_interface_delete(self, interface, server, ignore_missing=True):
        cloud.get(server)

    @as_senlin_expects
    def validate_azs(self, azs):
        cloud.answer()
        return [zone for zone in azs if zone in ZONES]

    @as_senlin_expects
    def server_group_create(self, **attributes):
        return resource(cloud.make("server-group", **attributes))

    @as_senlin_expects
    def server_group_find(self, name_or_id, ignore_missing=True):
        group = cloud.find("server-group", name_or_id)
        return group and resource(group)

    @as_senlin_expects
    def server_group_delete(self, server_group, ignore_missing=True):
        cloud.remove(server_group)

    @as_senlin_expects
    def hypervisor_list(self, **query):
        cloud.answer()
        return [resource(HYPERVISOR)]

    @as_senlin_expects
    def hypervisor_find(self, name_or_id, ignore_missing=False):
        cloud.answer()
        return resource(HYPERVISOR)

    @as_senlin_expects
    def hypervisor_get(self, hypervisor):
        cloud.answer()
        return {**HYPERVISOR, "service": {"host": "sandbox"}}


def _moving_to(status):
    """Return a driver method that gives a server this status."""

    @as_senlin_expects
    def move(self, server, *_, **__):
        cloud.change(server, status=status)

    return move


for _operation, _status in {
    "reboot": consts.VS_ACTIVE,
    "start": consts.VS_ACTIVE,
    "stop": consts.VS_SHUTOFF,
    "pause": consts.VS_PAUSED,
    "unpause": consts.VS_ACTIVE,
    "suspend": consts.VS_SUSPENDED,
    "resume": consts.VS_ACTIVE,
    "rescue": consts.VS_RESCUE,
    "unrescue": consts.VS_ACTIVE,
    "evacuate": consts.VS_ACTIVE,
    "migrate": consts.VS_ACTIVE,
}.items():
    setattr(Nova, f"server_{_operation}", _moving_to(_status))


def _locking(locked):
    @as_senlin_expects
    def lock(self, server):
        cloud.change(server, locked=locked)

    return lock


Nova.server_lock, Nova.server_unlock = _locking(True), _locking(False)


class Glance(glance_v2.GlanceClient):
    @as_senlin_expects
    def image_find(self, name_or_id, ignore_missing=False):
        return resource(cloud.look_up("Image", IMAGES, name_or_id))


class Neutron(neutron_v2.NeutronClient):
    """Networks, subnets and security groups by name; each port that is created is new."""

    @as_senlin_expects
    def network_get(self, value, ignore_missing=False):
        networks = tuple({"id": name, "name": name, "subnets": []} for name in NETWORKS)
        return resource(cloud.look_up("Network", networks, value))

    @as_senlin_expects
    def subnet_get(self, name_or_id, ignore_missing=False):
        subnets = tuple(
            {"id": name, "name": name, "network_id": name, "ip_version": 4} for name in NETWORKS
        )
        return resource(cloud.look_up("Subnet", subnets, name_or_id))

    def security_group_find(self, name_or_id, ignore_missing=False, project_id=None):
        return resource({"id": name_or_id, "name": name_or_id})

    def port_find(self, port, ignore_missing=False):
        return resource({**self.fake_port, "id": port, "status": "DOWN"})

    def port_create(self, **attributes):
        return resource({**self.fake_port, **attributes, "id": uuidutils.generate_uuid()})

    def port_update(self, port, **attributes):
        return resource({**self.fake_port, **attributes, "id": port})

    def floatingip_find(self, name_or_id, ignore_missing=False):
        return None

    def floatingip_create(self, **attributes):
        address = {"floating_ip_address": "198.51.100.1", **attributes}
        return resource({**address, "id": uuidutils.generate_uuid()})

    def floatingip_delete(self, floating_ip, ignore_missing=True):
        """Do nothing: floating IPs are not kept."""


class Octavia(octavia_v2.OctaviaClient):
    """Load balancers and their parts, all ready at once."""

    @as_senlin_expects
    def loadbalancer_create(self, subnet, network, address, admin_state_up, name, **_):
        vip = address or VIP
        made = cloud.make("balancer", name=name, vip_address=vip, provisioning_status="ACTIVE")
        return resource(made)

    @as_senlin_expects
    def loadbalancer_get(self, name_or_id, ignore_missing=False, show_deleted=False):
        found = cloud.find("balancer", name_or_id)
        if found is None and not ignore_missing:
            raise CloudError(404, f"No LoadBalancer found for {name_or_id}")
        return found and resource(found)

    @as_senlin_expects
    def listener_create(self, balancer, *_, name):
        return resource(cloud.make("listener", name=name, balancer=balancer))

    @as_senlin_expects
    def pool_create(self, method, listener, *_, name):
        return resource(cloud.make("pool", name=name, listener=listener))

    @as_senlin_expects
    def pool_member_create(self, name, pool, address, port, subnet):
        made = cloud.make("member", name=name, pool=pool, address=address, protocol_port=port)
        return resource(made)

    @as_senlin_expects
    def healthmonitor_create(self, type_, delay, timeout, max_retries, pool, *_):
        return resource(cloud.make("monitor", name=type_, pool=pool))


def _removing(self, *ids, **_):
    cloud.remove(ids[-1])  # a member's id is the second, after its pool's


for _part in ("loadbalancer", "listener", "pool", "pool_member", "healthmonitor"):
    setattr(Octavia, f"{_part}_delete", as_senlin_expects(_removing))


class LoadBalancing(lbaas.LoadBalancerDriver):
    """Senlin's load balancing, with the simulated clients."""

    def oc(self):
        return Octavia(self.conn_params)

    def nc(self):
        return Neutron(self.conn_params)
