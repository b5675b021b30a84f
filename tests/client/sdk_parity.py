"""Compares this client with openstacksdk; run by `test_sdk.py` in openstacksdk's environment.

Prints what differs, as JSON.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from typing import Any

import openstack
import openstack.config
from openstack.clustering.v1._proxy import Proxy as SdkProxy

from openstack_clustering import Connection, Proxy

# What an object of the SDK has beyond what the server says of it.
OF_THE_SDK = {"location", "is_profile_only"}


def signatures() -> Iterator[str]:
    """Yield the operations whose parameters or defaults differ."""
    for name, ours in inspect.getmembers(Proxy, inspect.isfunction):
        theirs = getattr(SdkProxy, name, None)
        if not name.startswith("_") and theirs and spelled(ours) != spelled(theirs):
            yield name


def spelled(function: Any) -> list[tuple[str, Any]]:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    keywords = inspect.Parameter.VAR_KEYWORD
    return [("**" if p.kind is keywords else p.name, p.default) for p in parameters]


def values(theirs: Any, ours: Any) -> Iterator[str]:
    """Yield the values of an object that ours lacks or that differ."""
    own = ours.to_dict()
    for name, value in theirs.to_dict().items():
        if name in OF_THE_SDK or (value is None and name not in own):
            continue  # the SDK gives every object a name, events too
        if name not in own or not own[name] == ours[name] == getattr(ours, name) == value:
            yield f"{type(ours).__name__}.{name}"


def lists(theirs: Any, ours: Proxy, cluster: str) -> Iterator[str]:
    """Compare what belongs to one cluster; other tests make and remove things meanwhile."""
    known = ours.get_cluster(cluster)
    of_one_cluster: dict[str, dict[str, Any]] = {
        "clusters": {"name": known.name},
        "nodes": {"cluster_id": cluster},
        "profiles": {"name": known.profile_name},
        "policies": {"name": known.name},
        "receivers": {"cluster_id": cluster},
        "actions": {"target": cluster},
        "events": {"obj_id": cluster},
    }
    for noun, query in of_one_cluster.items():
        pairs = list(zip(getattr(theirs, noun)(**query), getattr(ours, noun)(**query), strict=True))
        assert pairs, noun
        for their, our in pairs:
            yield from values(their, our)
    bindings = zip(theirs.cluster_policies(cluster), ours.cluster_policies(cluster), strict=True)
    for their, our in bindings:
        yield from values(their, our)


def main(cluster: str) -> None:
    sdk = openstack.connect("blue", clustering_default_microversion="1.14")
    ours = Connection(session=sdk.session).cluster
    region = openstack.config.get_cloud_region(cloud="blue")
    report = {
        "signatures": sorted(signatures()),
        "values": sorted(set(lists(sdk.clustering, ours, cluster))),
        "by region": Connection(session=region).cluster.get_cluster(cluster).id,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
