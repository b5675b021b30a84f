"""Which cloud object a resource takes over, and whose it may be: nothing here changes anything.

A cloud object is the resource's own if its marker has the resource's uid. After a restore the uid
is another one, but Kubernetes, namespace, kind and name are as before; as no two objects have the
same at the same time, the uid in the marker is nobody's any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from senlin_operator.cloud.snapshot import Marker
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import TAKE_OVER, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked, Waiting
from senlin_operator.model.ownership import InMetadata, is_marker, place_of
from senlin_operator.model.scope import Scope
from senlin_operator.model.text import named
from senlin_operator.reconcile.imports import resolve_import

_REQUEUE = 30.0  # seconds; no poll wakes a resource by an object that is not its own
_MEMBERS_REQUEUE = 3.0
_NEW = "new"  # the value of the annotation that has another cloud object made


class How(StrEnum):
    """How a resource came by a cloud object that it did not make: `status.adopted.how`."""

    IMPORT = "Import"
    RESTORE = "Restore"
    TAKE_OVER = "TakeOver"


@dataclass(frozen=True, slots=True)
class Claim:
    """A cloud object to take over."""

    id: str = field(repr=False)
    how: How
    taken_from: Marker | None = None
    consent: str = ""  # the value of the annotation that allows it


def find(cache: Cache, scope: Scope) -> Claim | Waiting | Blocked | None:
    """Return what to take over, or why to wait; None: nothing, so the plan may go on."""
    if scope.observed is not None:
        marker = marker_of_others(scope, scope.observed.id)
        return _judge(cache, scope, scope.observed.id, marker) if marker else None
    placed = [id_ for id_ in _placed(scope) if not _unfit(scope, id_)]
    ours = [id_ for id_ in placed if _is_restored(scope, scope.snapshot.markers[id_])]
    if len(ours) == 1:
        return Claim(ours[0], How.RESTORE, scope.snapshot.markers[ours[0]])
    if placed and _consent(cache, scope, "") == _NEW:
        return None
    if len(placed) > 1:
        return _chosen(cache, scope, placed)
    if placed:
        return _judge(cache, scope, placed[0], scope.snapshot.markers[placed[0]])
    return _imported(cache, scope)


def marker_of_others(scope: Scope, id_: str) -> Marker | None:
    """Return the marker of a cloud object if it is surely not the resource's own."""
    marker = scope.snapshot.markers.get(id_)
    others = marker is not None and marker.uid != scope.owner.uid and is_marker(marker)
    return marker if others else None


def described(scope: Scope, id_: str) -> str:
    """Return a cloud object for people: its name, and its id unless that is secret."""
    type_ = scope.kind.resource_type
    name = scope.snapshot.all(type_)[id_].name
    shown = f" ({id_})" if scope.kind.shows_id else ""
    return f"{type_.__name__.lower()} {name}{shown}"


def whose(scope: Scope, marker: Marker) -> str:
    """Return the owner of a cloud object for people, as far as its marker says it."""
    if not marker.place:
        return f"a resource with the uid {marker.uid}"
    if isinstance(scope.kind.notation, InMetadata):
        namespace, kind, name = (*marker.place.split("/", 2), "", "")[:3]
        owner = f"{kind} {name} in namespace {namespace}"
    else:
        owner = f"{scope.resource.key} in namespace {scope.resource.key.namespace}"
    if marker.kubernetes == _own(scope).kubernetes != "":
        return f"{owner} of this Kubernetes"
    which = f"the Kubernetes {marker.kubernetes}" if marker.kubernetes else "an unknown Kubernetes"
    return f"{owner} of {which}"


def given_consent(cache: Cache, resource: Resource) -> str:
    """Return the value of the annotation by which a person allows to take over; empty: none.

    What is allowed for the owner of a resource, such as the cluster of an inline profile, is for
    the resource as well.
    """
    owner = None if TAKE_OVER in resource.annotations else cache.controller_of(resource)
    return (owner or resource).annotations.get(TAKE_OVER, "")


def unclaimed_members(cache: Cache, scope: Scope) -> Waiting | None:
    """Return a reason to wait while a member's resource has not taken over its cloud object yet.

    Otherwise it would count as one that has yet to join, and another member would be removed.
    """
    if scope.kind.members is None:
        return None
    referrers = (cache.get(key) for key in cache.referrers(scope.resource.key))
    pending = [str(it.key) for it in referrers if it and _is_unclaimed(scope, it)]
    if not pending:
        return None
    text = f"Nodes are about to be taken over: {named(pending)}."
    return Waiting(Reason.MEMBERS_PENDING, text, requeue_after=_MEMBERS_REQUEUE)


def _is_unclaimed(scope: Scope, member: Resource) -> bool:
    type_ = scope.kind.members.type_ if scope.kind.members else None
    snapshot = scope.snapshot
    if type_ is None or member.unmanaged or member.deleting or snapshot.owned(type_, member.uid):
        return False
    recorded = member.cloud_id in snapshot.all(type_)
    return recorded or bool(snapshot.placed(type_, place_of(member.key)))


def _own(scope: Scope) -> Marker:
    return scope.kind.notation.noted(scope.owner.marker)


def _placed(scope: Scope) -> Iterator[str]:
    """Yield the cloud objects of an earlier or another resource of the same place."""
    yield from scope.snapshot.placed(scope.kind.resource_type, _own(scope).place)


def _is_restored(scope: Scope, marker: Marker) -> bool:
    """Return whether the marker is that of an earlier resource in the place of this one."""
    own = _own(scope)
    return marker.place == own.place and marker.kubernetes == own.kubernetes != ""


def _unfit(scope: Scope, id_: str) -> str:
    if scope.desired is None:  # the references are not there yet
        return ""
    observed = scope.kind.observe(scope.snapshot, id_, scope.resource.uid)
    return scope.kind.unfit(scope.desired, observed)


def _judge(cache: Cache, scope: Scope, id_: str, marker: Marker) -> Claim | Blocked:
    """Return whether a cloud object that has the marker of another may be taken over."""
    if _is_restored(scope, marker):
        return Claim(id_, How.RESTORE, marker)
    what, consent = described(scope, id_), _consent(cache, scope, id_)
    key = cache.owner_of(scope.kind.resource_type, marker.uid)
    if key is not None:
        owner = key.shown_in(scope.resource.key.namespace)
        text = f"The {what} is managed by {owner}, which has to be deleted first, with detach."
        return Blocked(Reason.OWNED_ELSEWHERE, text, requeue_after=_REQUEUE)
    text = f"The {what} is managed by {whose(scope, marker)}."
    if consent and consent == (scope.status.adopted or {}).get("takeOver"):
        text = (
            f"{text} It was taken over from here; to take it back, remove the annotation "
            f"{TAKE_OVER}, and set it again."
        )
        return Blocked(Reason.OWNED_ELSEWHERE, text, requeue_after=_REQUEUE)
    if consent not in ("", _NEW):
        return Claim(id_, How.TAKE_OVER, marker, consent)
    new = "" if scope.observed or "import" in scope.resource.spec else _or_new()
    text = f"{text} If nobody manages it there any more, {_remedy(scope, id_)} takes it over{new}."
    return Blocked(Reason.OWNED_ELSEWHERE, text, requeue_after=_REQUEUE)


def _chosen(cache: Cache, scope: Scope, placed: list[str]) -> Claim | Blocked:
    """Return the one of several cloud objects that a person has chosen."""
    for id_ in placed:
        if _consent(cache, scope, id_):
            return _judge(cache, scope, id_, scope.snapshot.markers[id_])
    what = named([described(scope, id_) for id_ in placed])
    text = (
        f"Several have been made for resources of this name: {what}. "
        f"The annotation {TAKE_OVER} with {_handles(scope)} takes that over{_or_new()}."
    )
    return Blocked(Reason.OWNED_ELSEWHERE, text, requeue_after=_REQUEUE)


def _imported(cache: Cache, scope: Scope) -> Claim | Waiting | Blocked | None:
    """Return what `import` names, unless the resource has taken it over already."""
    resource, kind = scope.resource, scope.kind
    if "import" not in resource.spec or resource.recorded:
        return None
    objects = scope.snapshot.all(kind.resource_type)
    found = resolve_import(objects, resource, None, shows_id=kind.shows_id)
    if not isinstance(found, str):
        return found
    if marker := marker_of_others(scope, found):
        return _judge(cache, scope, found, marker)
    for key in cache.keys_of([found]):  # whose marker was removed by others
        other = cache.get(key)
        if other and other.uid != resource.uid and _manages(other):
            owner = key.shown_in(resource.key.namespace)
            text = f"The {described(scope, found)} is managed by {owner}."
            return Blocked(Reason.OWNED_ELSEWHERE, text, requeue_after=_REQUEUE)
    return Claim(found, How.IMPORT)


def _manages(resource: Resource) -> bool:
    return resource.cloud_id is not None and not resource.unmanaged


def _consent(cache: Cache, scope: Scope, id_: str) -> str:
    """Return what a person allows for a cloud object: its handle, `new`, or nothing."""
    value = given_consent(cache, scope.resource)
    by_owner = TAKE_OVER not in scope.resource.annotations
    return value if by_owner or value in (_NEW, _handle(scope, id_)) else ""


def _handle(scope: Scope, id_: str) -> str | None:
    """Return by what a person names a cloud object: its id, or its name if the id is secret."""
    found = scope.snapshot.all(scope.kind.resource_type).get(id_)
    if found is None:
        return None
    return id_ if scope.kind.shows_id else str(found.name)


def _handles(scope: Scope) -> str:
    return "the id of one" if scope.kind.shows_id else "the name of one"


def _remedy(scope: Scope, id_: str) -> str:
    return f"the annotation {TAKE_OVER}: {_handle(scope, id_)}"


def _or_new() -> str:
    return f"; with the value {_NEW} another one is made"
