"""The client in the dialect of openstacksdk 4, for programs that were written for it.

A program goes on when its import is changed, and nothing else::

    import openstack_clustering.sdk as openstack  # import openstack

    with openstack.connect(cloud="mycloud") as connection:
        for cluster in connection.clustering.clusters(status="ACTIVE"):
            print(cluster.name, cluster.location.project.id)

It consists of adapters over the client, and needs nothing of openstacksdk. New programs are better
off with the client itself, which has fewer surprises.
"""

from typing import TYPE_CHECKING, Any

from openstack_clustering.version import __version__

if TYPE_CHECKING:
    from openstack_clustering.sdk import connection, exceptions, proxy, resources
    from openstack_clustering.sdk.connection import Connection, connect
    from openstack_clustering.sdk.logs import enable_logging

__all__ = [
    "Connection",
    "__version__",
    "connect",
    "connection",
    "enable_logging",
    "exceptions",
    "proxy",
    "resources",
]

_MODULES = {"Connection": "connection", "connect": "connection", "enable_logging": "logs"}


def __getattr__(name: str) -> Any:
    """Import what is used, and no more."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"openstack_clustering.sdk has no {name}: see docs/client.md.")
    module = import_module(f"{__name__}.{_MODULES.get(name, name)}")
    return getattr(module, name) if name in _MODULES else module
