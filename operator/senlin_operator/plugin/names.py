"""The names of resources on the command line: KIND/NAME, as kubectl takes them."""

from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.objects import Key

PLURALS = {kind.name: kind.plural for kind in (*KINDS.values(), *RUN_KINDS.values())}
# As in the custom resource definitions.
SHORT = {
    "SenlinCluster": "scl",
    "SenlinNode": "snode",
    "SenlinOperation": "sop",
    "SenlinPolicy": "spol",
    "SenlinProfile": "sprof",
    "SenlinReceiver": "srcv",
}


class UsageError(Exception):
    """What a person has written on the command line cannot be used; the message says how to."""


def key_of(text: str, namespace: str) -> Key:
    """Return the resource that KIND/NAME names.

    Raises:
        UsageError: There is no such kind, or no name.
    """
    given, separator, name = text.partition("/")
    kind = next((kind for kind in PLURALS if given.lower() in _names(kind)), None)
    if not separator or not name:
        raise UsageError(f"{text!r} should look like KIND/NAME, such as senlincluster/web.")
    if kind is None:
        known = ", ".join(sorted(kind.lower() for kind in PLURALS))
        raise UsageError(f"{given!r} is no kind of the operator; its kinds are {known}.")
    return Key(kind, namespace, name)


def _names(kind: str) -> tuple[str, str, str]:
    return kind.lower(), PLURALS[kind], SHORT[kind]
