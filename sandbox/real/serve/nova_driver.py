# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Nova's process; Nova has no type annotations.
"""Nova's fake driver, which here survives a restart, and delays or fails builds as tests say."""

import uuid

import nova_faults
from nova import context, exception, objects
from nova.compute import task_states
from nova.virt import fake


class Driver(fake.FakeDriver):
    """A hypervisor without servers."""

    def init_host(self, host):
        """Remember the servers that Nova's database has; the parent class forgets them."""
        super().init_host(host)
        for instance in objects.InstanceList.get_by_host(context.get_admin_context(), host):
            self.instances[instance.uuid] = fake.FakeInstance(
                instance.name, instance.power_state, instance.uuid
            )

    def spawn(self, context, instance, *args, **kwargs):
        """Build or rebuild a server; a fault is about builds only."""
        if instance.task_state == task_states.SPAWNING:
            nova_faults.delay(instance)
            if text := nova_faults.failure(instance):
                raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=text)
        super().spawn(context, instance, *args, **kwargs)

    def get_available_resource(self, nodename):
        return {**super().get_available_resource(nodename), "uuid": _node_id(nodename)}

    def get_nodenames_by_uuid(self, refresh=False):
        return {_node_id(node): node for node in self.get_available_nodes()}


def _node_id(node):
    """Return the same id at each start; with the parent's, a random one, a second start fails."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, node))
