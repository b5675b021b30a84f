"""`connection.cluster`: every operation of the clustering service, one method each."""

from openstack_clustering._actions import Actions
from openstack_clustering._membership import Membership
from openstack_clustering._nodes import Nodes
from openstack_clustering._profiles import Policies
from openstack_clustering._receivers import Receivers
from openstack_clustering.waiting import Waiters


class Proxy(Policies, Membership, Nodes, Receivers, Actions, Waiters):
    """The clustering service, as the user of its connection may use it.

    Where an operation names an object, a resource, an id or a name will do. Lists are read as they
    are iterated; with `limit` in pages of that size. What starts an action returns at once: the
    action's id is under `action` in the returned dict, or in the resource's `action_id`.
    """
