"""A Python client for the OpenStack clustering service (Senlin).

::

    from openstack_clustering import Connection

    with Connection(cloud="mycloud") as connection:
        for cluster in connection.cluster.clusters(status="ACTIVE"):
            print(cluster.name, len(cluster.node_ids))
"""

from typing import TYPE_CHECKING, Any

from openstack_clustering import exceptions
from openstack_clustering._config import Config
from openstack_clustering._connection import Connection
from openstack_clustering._login_kinds import KINDS as LOGIN_KINDS
from openstack_clustering._proxy import Proxy
from openstack_clustering._resource import Resource
from openstack_clustering._transport import Sent
from openstack_clustering._yaml import UnreadableText, read_yaml
from openstack_clustering.exceptions import ClientException
from openstack_clustering.resources import (
    Action,
    BuildInfo,
    Cluster,
    ClusterAttr,
    ClusterPolicy,
    Event,
    Node,
    NodeDetail,
    Policy,
    PolicyType,
    PolicyValidate,
    Profile,
    ProfileType,
    ProfileValidate,
    Receiver,
    Service,
)
from openstack_clustering.version import __version__

if TYPE_CHECKING:
    from openstack_clustering._untrusted import read_cloud

__all__ = [
    "LOGIN_KINDS",
    "Action",
    "BuildInfo",
    "ClientException",
    "Cluster",
    "ClusterAttr",
    "ClusterPolicy",
    "Config",
    "Connection",
    "Event",
    "Node",
    "NodeDetail",
    "Policy",
    "PolicyType",
    "PolicyValidate",
    "Profile",
    "ProfileType",
    "ProfileValidate",
    "Proxy",
    "Receiver",
    "Resource",
    "Sent",
    "Service",
    "UnreadableText",
    "__version__",
    "exceptions",
    "read_cloud",
    "read_yaml",
]


def __getattr__(name: str) -> Any:
    """Import what few programs need, when it is needed."""
    if name != "read_cloud":
        raise AttributeError(f"openstack_clustering has no {name}.")
    from openstack_clustering._untrusted import read_cloud

    return read_cloud
