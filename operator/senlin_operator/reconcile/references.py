"""The resources that a manifest refers to."""

from collections.abc import Iterable, Mapping

from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked, Waiting


def resolve(
    cache: Cache, keys: Iterable[Key], *, exists: bool
) -> Mapping[Key, Resource] | Waiting | Blocked:
    """Return the resources with these keys, each with a cloud id, or why one is not there yet.

    A resource that is Stalled stalls this one, with the same sentence: both wait for a person. The
    cache wakes this one at once when the other one changes.

    Args:
        cache: Has them.
        keys: The references of a manifest.
        exists: Whether the manifest has its cloud object, so that one being deleted still counts.
    """
    known: dict[Key, Resource] = {}
    for key in keys:
        referred = cache.get(key)
        if referred is None:
            return Waiting(Reason.REFERENCE_MISSING, f"{key} does not exist.")
        if referred.deleting and not exists:
            return Waiting(Reason.REFERENCE_MISSING, f"{key} is being deleted.")
        if referred.cloud_id is None:
            if why := referred.stalled_message:
                return Blocked(Reason.REFERENCE_NOT_READY, f"{key} is not Ready: {why}")
            return Waiting(Reason.REFERENCE_NOT_READY, f"{key} is not Ready yet.")
        known[key] = referred
    return known
