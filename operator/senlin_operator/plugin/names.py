"""The names of resources on the command line: KIND/NAME, as kubectl takes them."""

from openstack_clustering import Cluster
from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.objects import Key
from senlin_operator.model.kind import ResourceKind

ALL_KINDS = (*KINDS.values(), *RUN_KINDS.values())
PLURALS = {kind.name: kind.plural for kind in ALL_KINDS}
CLUSTER = next(kind.name for kind in KINDS.values() if kind.resource_type is Cluster)


class UsageError(Exception):
    """What a person has written on the command line cannot be used; the message says how to."""


def key_of(text: str, namespace: str) -> Key:
    """Return the resource that KIND/NAME names.

    Raises:
        UsageError: There is no such kind, or no name.
    """
    given, separator, name = text.partition("/")
    kind = next((it.name for it in ALL_KINDS if given.lower() in _names(it)), None)
    if not separator or not name:
        raise UsageError(f"{text!r} should look like KIND/NAME, such as senlincluster/web.")
    if kind is None:
        known = ", ".join(sorted(kind.lower() for kind in PLURALS))
        raise UsageError(f"{given!r} is no kind of the operator; its kinds are {known}.")
    return Key(kind, namespace, name)


def _names(kind: ResourceKind) -> tuple[str, str, str]:
    return kind.name.lower(), kind.plural, kind.short_name
