"""Compares this client with openstacksdk and prints the differences as JSON.

`test_sdk.py` runs it in openstacksdk's environment.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import openstack.config
from openstack import exceptions as sdk_exceptions
from openstack import proxy as sdk_proxy
from openstack.clustering.v1 import _proxy as sdk

from openstack_clustering import Connection, Proxy, Resource, exceptions

# Keys that openstacksdk adds to the server's document.
ADDED_BY_SDK = {"location", "is_profile_only"}


def signatures() -> Iterator[str]:
    """Yield the operations whose parameters or defaults differ."""
    for name, ours in inspect.getmembers(Proxy, inspect.isfunction):
        theirs = getattr(sdk.Proxy, name, None)
        if not name.startswith("_") and theirs and parameters_of(ours) != parameters_of(theirs):
            yield name


def operations(proxy: type) -> set[str]:
    """Return the operations of a proxy, without those that every proxy of openstacksdk has."""
    common = set(dir(sdk_proxy.Proxy))
    functions = {name for name, _ in inspect.getmembers(proxy, inspect.isfunction)}
    return {name for name in functions if not name.startswith("_") and name not in common}


def parameters_of(function: Callable[..., object]) -> list[tuple[str, object]]:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    keywords = inspect.Parameter.VAR_KEYWORD
    return [("**" if p.kind is keywords else p.name, p.default) for p in parameters]


def missing_exceptions() -> list[str]:
    """Return openstacksdk's names of exceptions that are not ours."""
    names = [name for name, value in vars(sdk_exceptions).items() if inspect.isclass(value)]
    kinds = [name for name in names if issubclass(getattr(sdk_exceptions, name), Exception)]
    return [name for name in kinds if not hasattr(exceptions, name)]


def missing_attributes() -> list[str]:
    """Return attributes of openstacksdk's refusals that ours lack."""
    theirs, ours = sdk_exceptions.HttpException("No."), exceptions.HttpException("No.")
    return [name for name in vars(theirs) if not hasattr(ours, name)]


def values(theirs: Any, ours: Resource) -> Iterator[str]:
    """Yield the names of values that our object lacks or that differ."""
    own = ours.to_dict()
    for name, value in theirs.to_dict().items():
        if name in ADDED_BY_SDK or (value is None and name not in own):
            continue  # openstacksdk gives even events a name
        if name not in own or not own[name] == ours[name] == getattr(ours, name) == value:
            yield f"{type(ours).__name__}.{name}"


def lists(theirs: Any, ours: Proxy, cluster: str) -> Iterator[str]:
    """Compare the objects of one cluster: other tests create and delete objects meanwhile."""
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
    theirs = openstack.connect("blue", clustering_default_microversion="1.14")
    ours = Connection(session=theirs.session).cluster
    region = openstack.config.get_cloud_region(cloud="blue")
    report = {
        "signatures": sorted(signatures()),
        "values": sorted(set(lists(theirs.clustering, ours, cluster))),
        "missing operations": sorted(operations(sdk.Proxy) - operations(Proxy)),
        "missing exceptions": missing_exceptions(),
        "missing attributes": missing_attributes(),
        "by region": Connection(session=region).cluster.get_cluster(cluster).id,
        "by connection": Connection(session=theirs.config).cluster.get_cluster(cluster).id,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
