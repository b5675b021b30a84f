"""Names for Kubernetes, made of Senlin's, which may have other characters and occur twice."""

import re
from collections.abc import Iterable, Mapping

from openstack_clustering import Resource
from senlin_operator.kube.objects import beginning

_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")
_OF_ID = 8  # characters of an id that are put into a name


def names_for(items: Iterable[Resource], kind: str) -> Mapping[str, str]:
    """Return a name for each object of a kind, by its id; no two are the same.

    A name is Senlin's in lower case, with hyphens for what Kubernetes does not take; a part of the
    id is added to one that is not the first, and to one of which nothing is left.

    Args:
        items: The objects.
        kind: What a name begins with of which nothing is left, such as `cluster`.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for item in items:
        name = beginning(_NOT_ALLOWED.sub("-", str(item.get("name") or "").lower()).strip("-"))
        if not name or name in taken:
            name = f"{name or kind}-{item.id[:_OF_ID]}"
        if name in taken:
            name = f"{kind}-{item.id}"
        taken.add(name)
        names[item.id] = name
    return names
