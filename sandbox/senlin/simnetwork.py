# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""Simulated Glance, Neutron and Octavia, in place of Senlin's own test drivers."""

from oslo_utils import uuidutils
from senlin.drivers.os import lbaas
from senlin.tests.drivers.os_test import glance_v2, neutron_v2, octavia_v2
from simcatalogue import NETWORK_SUBNETS, NETWORKS, SECURITY_GROUPS
from simdriver import as_senlin_expects, cloud, resource
from simtexts import NEUTRON, OCTAVIA, not_found

PORTS = f"{NEUTRON}/ports"
BALANCERS, LISTENERS, POOLS, MONITORS = (
    f"{OCTAVIA}/{it}" for it in ("loadbalancers", "listeners", "pools", "healthmonitors")
)
VIP = "203.0.113.10"


class Glance(glance_v2.GlanceClient):
    @as_senlin_expects
    def image_find(self, name_or_id, ignore_missing=False):
        return resource(cloud.image(name_or_id))


class Neutron(neutron_v2.NeutronClient):
    """Networks, subnets and security groups; ports are kept, and given to servers."""

    @as_senlin_expects
    def network_get(self, name_or_id, ignore_missing=False):
        """Return a network; as in Senlin's driver, None if there is none of that name."""
        if uuidutils.is_uuid_like(name_or_id):
            return resource(cloud.look_up("Network", NETWORKS, name_or_id, f"{NEUTRON}/networks"))
        cloud.answer(f"{NEUTRON}/networks")
        return next((resource(it) for it in NETWORKS if it["name"] == name_or_id), None)

    @as_senlin_expects
    def subnet_get(self, name_or_id, ignore_missing=False):
        url = f"{NEUTRON}/subnets"
        return resource(cloud.look_up("Subnet", NETWORK_SUBNETS, name_or_id, url))

    @as_senlin_expects
    def security_group_find(self, name_or_id, ignore_missing=False, project_id=None):
        url = f"{NEUTRON}/security-groups"
        return resource(cloud.look_up("SecurityGroup", SECURITY_GROUPS, name_or_id, url))

    @as_senlin_expects
    def port_find(self, name_or_id, ignore_missing=False):
        port = cloud.find("port", PORTS, name_or_id)
        if port is None:
            raise not_found("Port", name_or_id)
        return resource(port)

    @as_senlin_expects
    def port_create(self, **attributes):
        return resource(cloud.make_port(**attributes))

    @as_senlin_expects
    def port_update(self, port, security_groups=()):
        changed = cloud.find("port", PORTS, port)
        changed["security_group_ids"] = list(security_groups)
        return resource(changed)

    @as_senlin_expects
    def port_delete(self, port, ignore_missing=True):
        cloud.remove(PORTS, port)

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
        made = cloud.make(
            "balancer", BALANCERS, name=name, vip_address=vip, provisioning_status="ACTIVE"
        )
        return resource(made)

    @as_senlin_expects
    def loadbalancer_get(self, name_or_id, ignore_missing=False, show_deleted=False):
        found = cloud.find("balancer", BALANCERS, name_or_id)
        if found is None and not ignore_missing:
            raise not_found("LoadBalancer", name_or_id)
        return found and resource(found)

    @as_senlin_expects
    def listener_create(self, balancer, *_, name):
        return resource(cloud.make("listener", LISTENERS, name=name, balancer=balancer))

    @as_senlin_expects
    def pool_create(self, method, listener, *_, name):
        return resource(cloud.make("pool", POOLS, name=name, listener=listener))

    @as_senlin_expects
    def pool_member_create(self, name, pool, address, port, subnet):
        made = cloud.make(
            "member",
            f"{POOLS}/{pool}/members",
            name=name,
            pool=pool,
            address=address,
            protocol_port=port,
        )
        return resource(made)

    @as_senlin_expects
    def healthmonitor_create(self, type_, delay, timeout, max_retries, pool, *_):
        return resource(cloud.make("monitor", MONITORS, name=type_, pool=pool))


def _removing(url):
    @as_senlin_expects
    def remove(self, *ids, **_):
        cloud.remove(url, ids[-1])  # a member's id is the second, after its pool's

    return remove


for _part, _url in {
    "loadbalancer": BALANCERS,
    "listener": LISTENERS,
    "pool": POOLS,
    "pool_member": POOLS,
    "healthmonitor": MONITORS,
}.items():
    setattr(Octavia, f"{_part}_delete", _removing(_url))


class LoadBalancing(lbaas.LoadBalancerDriver):
    """Senlin's load balancing, with the simulated clients."""

    def oc(self):
        return Octavia(self.conn_params)

    def nc(self):
        return Neutron(self.conn_params)
