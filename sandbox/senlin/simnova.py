# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""Simulated Nova, in place of Senlin's own test driver; and how all of the cloud is installed.

Senlin's test drivers keep no servers and never fail. These keep them in a `Cloud`, and tests set
its faults over an HTTP port of this process.
"""

import os

import eventlet
from control_port import open_control_port
from keystoneauth1.exceptions import ConnectFailure
from openstack.exceptions import HttpException
from oslo_config import cfg
from repairs import is_repaired
from senlin.common import consts
from senlin.tests.drivers import os_test
from senlin.tests.drivers.os_test import nova_v2
from simcatalogue import KEYPAIRS, ZONES
from simdriver import as_senlin_expects, cloud, resource
from simnetwork import Glance, LoadBalancing, Neutron, Octavia
from simservers import as_the_sdk_has_it
from simtexts import NOVA, CloudError, failed, late

WAIT_SECONDS = 0.1
KEPT = ("metadata", "key_name", "security_groups", "availability_zone", "scheduler_hints")
GROUPS = f"{NOVA}/os-server-groups"
HYPERVISORS = f"{NOVA}/os-hypervisors/detail"
HYPERVISOR = {"id": "1", "hypervisor_hostname": "sandbox", "state": "up", "status": "enabled"}
# The statuses in which a server takes these actions.
REBUILDABLE = (consts.VS_ACTIVE, consts.VS_SHUTOFF, consts.VS_ERROR)
HARD_REBOOT = (*REBUILDABLE, consts.VS_PAUSED, consts.VS_SUSPENDED)


def install() -> None:
    """Replace Senlin's test drivers, and open the control port."""
    os_test.compute = Nova
    os_test.glance = Glance
    os_test.network = Neutron
    os_test.octavia = Octavia
    os_test.loadbalancing = LoadBalancing
    open_control_port(int(os.environ["SIMULATED_CLOUD_PORT"]), cloud.operations())


def as_server(record):
    return resource(as_the_sdk_has_it(record))


class Nova(nova_v2.NovaClient):
    """The calls that Senlin makes for a server profile, a zone and an affinity policy."""

    @as_senlin_expects
    def flavor_find(self, name_or_id, ignore_missing=False):
        return resource(cloud.flavor(name_or_id))

    @as_senlin_expects
    def keypair_find(self, name_or_id, ignore_missing=False):
        return resource(cloud.look_up("Keypair", KEYPAIRS, name_or_id, f"{NOVA}/os-keypairs"))

    @as_senlin_expects
    def server_create(self, **attributes):
        given = {name: attributes[name] for name in KEPT if attributes.get(name)}
        given["ports"] = [it["port"] for it in attributes.get("networks") or ()]
        given["disk_config"] = attributes.get("OS-DCF:diskConfig", "MANUAL")
        flavor, image = attributes["flavorRef"], attributes.get("imageRef")
        return as_server(cloud.create(attributes["name"], flavor=flavor, image=image, **given))

    @as_senlin_expects
    def server_get(self, server_id):
        return as_server(cloud.get(server_id))

    @as_senlin_expects
    def wait_for_server(
        self, server, status=consts.VS_ACTIVE, failures=None, interval=2, timeout=None
    ):
        seconds = cfg.CONF.default_nova_timeout if timeout is None else timeout
        with eventlet.Timeout(seconds, late(server, status)):
            while (found := cloud.get(server)["status"]) != status:
                if found in (failures or [consts.VS_ERROR]):
                    raise failed(server, found)
                eventlet.sleep(WAIT_SECONDS)

    @as_senlin_expects
    def server_delete(self, server, ignore_missing=True):
        cloud.delete(server)

    server_force_delete = server_delete

    def wait_for_server_delete(self, server, timeout=None):
        """Return at once: deletions are immediate."""

    @as_senlin_expects
    def server_update(self, server_id, **attributes):
        return as_server(cloud.change(server_id, **attributes))

    @as_senlin_expects
    def server_rebuild(self, server_id, image, name=None, admin_password=None, **attributes):
        """Rebuild a server; as in Nova, a stopped server is stopped afterwards.

        Senlin 16 as released calls openstacksdk in a way that fails.
        """
        if not is_repaired():
            text = "Proxy.rebuild_server() got multiple values for argument 'image'"
            raise CloudError(500, text)
        image_id = cloud.image(image)["id"]
        before = cloud.act(server_id, "rebuild", REBUILDABLE)
        status = before["status"] if before["status"] == consts.VS_SHUTOFF else consts.VS_ACTIVE
        changes = {"image": {"id": image_id}, "status": status, "name": name or before["name"]}
        return as_server(cloud.change(server_id, "/action", **changes))

    @as_senlin_expects
    def server_reboot(self, server_id, reboot_type):
        cloud.reboot(server_id, HARD_REBOOT if reboot_type == "HARD" else (consts.VS_ACTIVE,))

    @as_senlin_expects
    def server_resize(self, server_id, flavor):
        cloud.resize(server_id, flavor)

    @as_senlin_expects
    def server_resize_confirm(self, server_id):
        before = cloud.get(server_id)["_before_resize"]
        cloud.change(server_id, "/action", status=before["status"])

    @as_senlin_expects
    def server_resize_revert(self, server_id):
        cloud.change(server_id, "/action", **cloud.get(server_id)["_before_resize"])

    @as_senlin_expects
    def server_metadata_get(self, server_id):
        return dict(cloud.get(server_id)["metadata"])

    @as_senlin_expects
    def server_metadata_update(self, server_id, metadata):
        """Replace the metadata, as Senlin's driver does."""
        return as_server(cloud.change(server_id, "/metadata", metadata=dict(metadata or {})))

    @as_senlin_expects
    def server_metadata_delete(self, server_id, keys):
        has = cloud.change(server_id, "/metadata")["metadata"]
        kept = {key: value for key, value in has.items() if key not in keys}
        cloud.change(server_id, "/metadata", metadata=kept)

    @as_senlin_expects
    def server_change_password(self, server_id, new_password):
        cloud.act(server_id, "changePassword", (consts.VS_ACTIVE,))

    @as_senlin_expects
    def server_interface_create(self, server, port_id):
        cloud.attach(server.id, port_id)

    @as_senlin_expects
    def server_interface_delete(self, interface, server, ignore_missing=True):
        cloud.detach(server, interface)

    def validate_azs(self, azs):
        """Return the zones that exist; Senlin's driver does not translate the SDK's errors here."""
        try:
            cloud.answer(f"{NOVA}/os-availability-zone")
        except CloudError as error:
            away = ConnectFailure if error.code == 500 else HttpException
            raise away(error.message) from error
        return [zone for zone in azs if zone in ZONES]

    @as_senlin_expects
    def server_group_create(self, **attributes):
        return resource(cloud.make("server-group", GROUPS, **attributes))

    @as_senlin_expects
    def server_group_find(self, name_or_id, ignore_missing=True):
        group = cloud.find("server-group", GROUPS, name_or_id)
        return group and resource(group)

    @as_senlin_expects
    def server_group_delete(self, server_group, ignore_missing=True):
        cloud.remove(GROUPS, server_group)

    @as_senlin_expects
    def hypervisor_list(self, **query):
        cloud.answer(HYPERVISORS)
        return [resource(HYPERVISOR)]

    @as_senlin_expects
    def hypervisor_find(self, name_or_id, ignore_missing=False):
        cloud.answer(HYPERVISORS)
        return resource(HYPERVISOR)

    @as_senlin_expects
    def hypervisor_get(self, hypervisor):
        cloud.answer(HYPERVISORS)
        return {**HYPERVISOR, "service": {"host": "sandbox"}}


def _acting(operation, allowed, status):
    """Return a driver method that gives a server this status."""

    @as_senlin_expects
    def act(self, server, *_, **__):
        cloud.act(server, operation, allowed, status=status)

    return act


for _operation, (_allowed, _status) in {
    "start": ((consts.VS_SHUTOFF,), consts.VS_ACTIVE),
    "stop": ((consts.VS_ACTIVE, consts.VS_ERROR), consts.VS_SHUTOFF),
    "pause": ((consts.VS_ACTIVE,), consts.VS_PAUSED),
    "unpause": ((consts.VS_PAUSED,), consts.VS_ACTIVE),
    "suspend": ((consts.VS_ACTIVE,), consts.VS_SUSPENDED),
    "resume": ((consts.VS_SUSPENDED,), consts.VS_ACTIVE),
    "rescue": (REBUILDABLE, consts.VS_RESCUE),
    "unrescue": ((consts.VS_RESCUE,), consts.VS_ACTIVE),
}.items():
    setattr(Nova, f"server_{_operation}", _acting(_operation, _allowed, _status))


def _locking(locked):
    @as_senlin_expects
    def lock(self, server):
        cloud.change(server, "/action", is_locked=locked)

    return lock


Nova.server_lock, Nova.server_unlock = _locking(True), _locking(False)
