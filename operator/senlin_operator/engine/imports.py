"""Which cloud object an unmanaged resource shows."""

from collections.abc import Mapping

from senlin_operator.cloud.inventory import CloudObject
from senlin_operator.engine.outcome import Blocked, Waiting
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource

_AGAIN = 30.0  # seconds; what does not exist yet has no id by which a look could wake anybody
_NAMED = 5  # ids in a message


def find(
    objects: Mapping[str, CloudObject], resource: Resource, known: str | None
) -> str | Waiting | Blocked:
    """Return the id of what is imported, or why there is none.

    Args:
        objects: All of the kind, by id.
        resource: The unmanaged resource.
        known: What was found before: a later namesake changes nothing.
    """
    wanted = resource.spec["import"]
    if id_ := known or wanted.get("id"):
        return id_ if id_ in objects else _missing(f"with the id {id_}")
    name = wanted["filter"]["name"]
    found = sorted(id_ for id_, it in objects.items() if it.name == name)
    if not found:
        return _missing(f"called {name}")
    if len(found) > 1:
        ids = ", ".join(found[:_NAMED])
        message = f"{len(found)} of them are called {name}; import one by its id: {ids}."
        return Blocked(Reason.IMPORT_AMBIGUOUS, message, after=_AGAIN)
    return found[0]


def _missing(which: str) -> Waiting:
    return Waiting(Reason.IMPORT_MISSING, f"Senlin has none {which} in this project.", after=_AGAIN)
