"""Runs in a pod before the release is uninstalled, and refuses while resources need the operator.

Only the operator removes its finalizer. Without the operator, a resource that has the finalizer
could not be deleted any more, nor could its namespace.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

from kubernetes import client, config

GROUP, VERSION = "senlin.openstack.org", "v1alpha1"
FINALIZER = "senlin.openstack.org/finalizer"
PLURALS = os.environ["PLURALS"].split()
NAMESPACES = os.environ["NAMESPACES"].split()  # none: all
SHOWN = 20
FORBIDDEN, NOT_FOUND = 403, 404


def main() -> int:
    """Print what is left and what can be done about it; return the exit code."""
    config.load_incluster_config()
    left = [_named(plural, item) for plural in PLURALS for item in _objects(plural)]
    if not left:
        return 0
    # Helm prints this as one line, so what to do comes before the list.
    text = [
        f"Not uninstalled: {len(left)} resources need the operator for their deletion.",
        "Delete them first, and wait until the deletion has ended. It also deletes their objects",
        "in OpenStack, unless spec.managedOptions.onDelete is detach. docs/uninstall.md has the",
        "commands, and the one that keeps the release after all.",
        "helm uninstall --no-hooks skips this check and leaves the resources as they are:",
        *left[:SHOWN],
        *(["  …"] if len(left) > SHOWN else []),
    ]
    print("\n".join(text))  # noqa: T201
    return 1


def _objects(plural: str) -> Iterator[dict[str, Any]]:
    api = client.CustomObjectsApi()
    for namespace in NAMESPACES or ("",):  # none: all of them
        where = (GROUP, VERSION, namespace, plural) if namespace else (GROUP, VERSION, plural)
        method = api.list_namespaced_custom_object if namespace else api.list_cluster_custom_object
        try:
            items = method(*where)["items"]
        except client.ApiException as error:
            # The kind no longer exists, or a namespace was deleted, and our Role in it.
            if error.status not in (NOT_FOUND, FORBIDDEN if namespace else NOT_FOUND):
                raise
            continue
        yield from (it for it in items if FINALIZER in it["metadata"].get("finalizers", ()))


def _named(plural: str, item: dict[str, Any]) -> str:
    metadata = item["metadata"]
    return f"  {plural}/{metadata['name']} in the namespace {metadata['namespace']}"


sys.exit(main())
