"""`connection.cluster`: every operation of the clustering service, one method each."""

from openstack_clustering._actions import Actions
from openstack_clustering._clusters import Clusters
from openstack_clustering._membership import Membership
from openstack_clustering._nodes import Nodes
from openstack_clustering._profiles import Policies, Profiles
from openstack_clustering._receivers import Receivers
from openstack_clustering._waiting import Waiters


class Proxy(Profiles, Policies, Clusters, Membership, Nodes, Receivers, Actions, Waiters):
    """The clustering service, with the rights of the connection's user.

    Every argument that names an object accepts a resource, an id or a name. Lists are generators:
    requests are sent during iteration, one for each page of `limit` objects. Operations that start
    an action return without waiting for it; its id is under `action` in the returned dict, or in
    the `action_id` of the returned resource.
    """
