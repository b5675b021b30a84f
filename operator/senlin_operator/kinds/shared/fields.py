"""Plain fields: the same in the manifest, in Senlin and in the status.

Each kind has one table of plain fields: a dataclass from which its `Desired` and its `Observed`
derive. A field is declared in that table only. The functions here read it from the manifest and
from Senlin, compare it, and put it into requests and the status.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, field
from datetime import datetime
from typing import Any

from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import timestamp

_METADATA = "plain"
_TIME = 19  # characters of a time in seconds, without a zone: Senlin's is UTC


@dataclasses.dataclass(frozen=True, slots=True)
class _Plain:
    manifest: str | None
    status: str | None
    creatable: bool
    updatable: bool
    for_users: Callable[[Any], Any]


def plain(
    manifest: str | None = None,
    *,
    status: str | None = None,
    creatable: bool = True,
    updatable: bool = True,
    for_users: Callable[[Any], Any] = lambda value: value,
    default: Any = MISSING,
    default_factory: Any = MISSING,
) -> Any:
    """Declare a plain field. Its own name is Senlin's, in requests and in replies.

    Args:
        manifest: Its name in `spec.resource`; None: it is computed.
        status: Its name in `status.resource`; None: it is not shown.
        creatable: Senlin accepts it in a create request.
        updatable: Senlin can change it in place.
        for_users: Returns Senlin's value without the operator's own additions.
        default: The meaning of an omitted value, in the manifest and in Senlin.
        default_factory: Makes the default.
    """
    metadata = {_METADATA: _Plain(manifest, status, creatable, updatable, for_users)}
    if default_factory is not MISSING:
        return field(default_factory=default_factory, metadata=metadata)
    if default is not MISSING:
        return field(default=default, metadata=metadata)
    return field(metadata=metadata)


def from_manifest(table: type, resource: Resource) -> dict[str, Any]:
    """Return the fields that `spec.resource` has; the resource's own name is the default name."""
    wanted = resource.spec["resource"]
    fields = {
        name: wanted[plain_.manifest]
        for name, plain_ in _fields(table).items()
        if plain_.manifest and plain_.manifest in wanted
    }
    return {"name": resource.key.name} | fields


def from_senlin(table: type, reply: Any) -> dict[str, Any]:
    """Return the fields in a document of Senlin; null counts as omitted."""
    values = {name: reply.get(name) for name in _fields(table)}
    return {name: value for name, value in values.items() if value is not None}


def from_observed(observed: Any) -> dict[str, Any]:
    """Return the fields for a desired state that equals the observed state."""
    return {
        name: plain_.for_users(getattr(observed, name))
        for name, plain_ in _fields(type(observed)).items()
    }


def difference(
    desired: Any, observed: Any, *, without: Collection[str] = ()
) -> dict[str, tuple[object, object]]:
    """Return the updatable fields that differ: name to observed and desired value."""
    pairs = {
        name: (_value(plain_.for_users(getattr(observed, name))), _value(getattr(desired, name)))
        for name, plain_ in _fields(type(desired)).items()
        if plain_.updatable and name not in without
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def fixed_difference(desired: Any, observed: Any) -> dict[str, tuple[object, object]]:
    """Return the fields of a manifest that differ, and that Senlin cannot change."""
    pairs = {
        name: (_value(getattr(observed, name)), _value(getattr(desired, name)))
        for name, plain_ in _fields(type(desired)).items()
        if plain_.manifest and not plain_.updatable
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def request(desired: Any) -> dict[str, Any]:
    """Return the fields for a create request."""
    return {
        name: _value(getattr(desired, name))
        for name, plain_ in _fields(type(desired)).items()
        if plain_.creatable
    }


def for_status(observed: Any) -> dict[str, Any]:
    """Return the fields of `status.resource`, and createdAt; empty values are left out."""
    values = {
        plain_.status: plain_.for_users(getattr(observed, name))
        for name, plain_ in _fields(type(observed)).items()
        if plain_.status
    }
    values["createdAt"] = _moment(observed.created_at)
    return {name: value for name, value in values.items() if value not in ("", {}, None)}


def describe(changes: Mapping[str, tuple[object, object]]) -> str:
    """Return differences as `field observed → desired`; for maps, only the differing keys."""
    texts = []
    for name, (observed, desired) in changes.items():
        if observed == desired:
            continue
        if isinstance(observed, dict) and isinstance(desired, dict):
            keys = observed.keys() | desired.keys()
            differing = sorted(key for key in keys if observed.get(key) != desired.get(key))
            texts.append(f"{name} ({', '.join(differing)})")
        else:
            texts.append(f"{name} {_printed(observed)} → {_printed(desired)}")
    return ", ".join(texts)


def _moment(text: str | None) -> str | None:
    """Return a time of Senlin in the form of Kubernetes; None: it is none.

    Senlin 16 shows …15Z when it creates or renames a policy, and …15.449684 in lists.
    """
    try:
        return timestamp(datetime.fromisoformat(f"{(text or '')[:_TIME]}+00:00"))
    except ValueError:
        return None


def _fields(table: type) -> dict[str, _Plain]:
    return {
        field_.name: field_.metadata[_METADATA]
        for field_ in dataclasses.fields(table)
        if _METADATA in field_.metadata
    }


def _value(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _printed(value: object) -> object:
    return "none" if value == "" else value
