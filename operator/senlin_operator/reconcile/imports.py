"""The choice of the cloud object that an unmanaged resource shows."""

from collections.abc import Mapping

from senlin_operator.cloud.snapshot import CloudObject
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import Blocked, Waiting

_REQUEUE = 30.0  # seconds; no poll wakes the resource, as an absent object has no id
_LISTED = 5  # ids in a message


def resolve_import(
    objects: Mapping[str, CloudObject],
    resource: Resource,
    known: str | None,
    *,
    shows_id: bool = True,
) -> str | Waiting | Blocked:
    """Return the id of the imported cloud object, or why there is none.

    Args:
        objects: All cloud objects of the kind, by id.
        resource: The unmanaged resource.
        known: The id from the status, which wins over a later object of the same name.
        shows_id: Whether messages may have ids.
    """
    source = resource.spec["import"]
    if not shows_id and known not in objects:
        known = None  # the name decides again, and no message says which id there was
    if id_ := known or source.get("id"):
        return id_ if id_ in objects else _missing(f"with the id {id_}")
    name = source["filter"]["name"]
    found = sorted(id_ for id_, candidate in objects.items() if candidate.name == name)
    if not found:
        return _missing(f"called {name}")
    if len(found) > 1:
        remedy = "give one of them another name there"
        if shows_id:
            remedy = f"import one by its id: {', '.join(found[:_LISTED])}"
        message = f"{len(found)} objects of this kind are called {name}; {remedy}."
        return Blocked(Reason.IMPORT_AMBIGUOUS, message, requeue_after=_REQUEUE)
    return found[0]


def _missing(which: str) -> Waiting:
    message = f"Senlin has no object of this kind {which} in this project."
    return Waiting(Reason.IMPORT_MISSING, message, requeue_after=_REQUEUE)
