"""The base class of all operations; `_clusters.py`, `_nodes.py` and so on derive from it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from openstack_clustering import _identity as identity
from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._filtering import Selection, select
from openstack_clustering._microversion import Microversion
from openstack_clustering._reply import Reply
from openstack_clustering._resource import Resource
from openstack_clustering._transport import Transport
from openstack_clustering.exceptions import DuplicateResource, InvalidIdentity, ResourceNotFound
from openstack_clustering.resources import (
    Action,
    Cluster,
    Event,
    Node,
    Policy,
    Profile,
    Receiver,
)

R = TypeVar("R", bound=Resource)

# The path of each kind, and the keys under which the server puts one document and a list of them.
_COLLECTIONS: Mapping[type[Resource], tuple[str, str, str]] = {
    Profile: ("/profiles", "profile", "profiles"),
    Policy: ("/policies", "policy", "policies"),
    Cluster: ("/clusters", "cluster", "clusters"),
    Node: ("/nodes", "node", "nodes"),
    Receiver: ("/receivers", "receiver", "receivers"),
    Action: ("/actions", "action", "actions"),
    Event: ("/events", "event", "events"),
}
# The names that openstacksdk gives to attributes and filters, and the server's own.
_RENAMED = {
    "is_enabled": "enabled",
    "is_profile_only": "profile_only",
    "obj_id": "oid",
    "obj_name": "oname",
    "obj_type": "otype",
    "target_id": "target",
    "user_id": "user",
}
_KIND_OF_KEY: Mapping[str, type[Resource]] = {
    "profile_id": Profile,
    "policy_id": Policy,
    "cluster_id": Cluster,
}


class Base:
    """Requests in terms of resources."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _path(self, kind: type[Resource], value: Any, *below: str) -> str:
        """Return the path of one object, for a change; see `_name_or_id`."""
        return _joined(kind, self._name_or_id(kind, value), *below)

    def _path_to_read(self, kind: type[Resource], value: Any, *below: str) -> str:
        """Return the path of one object, for a read; see `_to_read`."""
        return _joined(kind, self._to_read(kind, value), *below)

    def _name_or_id(self, kind: type[Resource], value: Any) -> str:
        """Return an id or a name that the server cannot take for the beginning of another id.

        A name that could be one is looked up. The beginning of an id counts only if it is long
        enough, and no object has it for a name.

        Raises:
            InvalidIdentity: The value is no object, id or name; nothing was sent.
            ResourceNotFound: There is no such object.
            DuplicateResource: There are several.
        """
        name_or_id = identity.name_or_id(value, kind)
        if kind in (Action, Event) or identity.is_safe_in_path(name_or_id):
            return name_or_id
        found = self._by_name(kind, name_or_id) or self._by_beginning(kind, name_or_id)
        if found is None:
            raise identity.not_found(kind, name_or_id)
        return identity.name_or_id(found, kind)

    def _to_read(self, kind: type[Resource], value: Any) -> str:
        """Return an id or a name for a read, which any beginning of an id may name."""
        name_or_id = identity.name_or_id(value, kind)
        if identity.is_safe_in_path(name_or_id):
            return name_or_id
        return identity.name_or_id(self._get(kind, name_or_id), kind)

    def _names_or_ids(self, kind: type[Resource], values: Any) -> list[str]:
        if isinstance(values, str | Resource) or not isinstance(values, Iterable):
            values = [values]
        return [self._name_or_id(kind, value) for value in values]

    def _get(self, kind: type[R], value: Any, query: dict[str, str] | None = None) -> R:
        """Return the object; if the value is one, it then has the server's new answer."""
        base = _kind_with_path(kind)
        collection, key, _ = _COLLECTIONS[base]
        name_or_id = identity.name_or_id(value, base)
        # A read may use the beginning of an id: the id and the name in the reply show whether the
        # server resolved it to the object that was meant.
        segment = name_or_id if name_or_id.isascii() else self._name_or_id(base, name_or_id)
        path = f"{collection}/{identity.quoted(segment)}"
        raw = self._transport.request("GET", path, query=query).map(key)
        if not identity.matches(raw, name_or_id):
            raise identity.not_found(base, name_or_id)
        if isinstance(value, kind):
            value._raw = raw
            return value
        return kind(raw)

    def _list(self, kind: type[R], query: Mapping[str, Any], listed: str) -> Iterator[R]:
        collection, _, plural = _COLLECTIONS[kind]
        chosen = select(f"A list of {plural}", query, listed)
        documents = self._list_documents(kind, collection, plural, chosen)
        return chosen.of(kind(raw) for raw in documents)

    def _list_documents(
        self, kind: type[Resource], collection: str, plural: str, chosen: Selection
    ) -> Iterator[dict[str, Any]]:
        from openstack_clustering import _paging as paging  # imported by the first list

        filters = renamed(chosen.sent)
        if kind is Node and isinstance(filters.get("cluster_id"), str):
            # Only here does the server look up a name, as in a path; other lists need the whole id.
            filters["cluster_id"] = self._to_read(Cluster, filters["cluster_id"])
        get_page = partial(self._get_page, collection, plural)
        yield from paging.read(get_page, filters, paginated=chosen.paginated)

    def _get_page(self, path: str, key: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        query = _as_parameters(query)
        return self._transport.request("GET", path, query=query, listing=True).maps(key)

    def _list_unpaged(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        """Yield a list that has no pages; the request is sent when the first entry is read."""
        yield from self._get_page(path, key, {})

    def _find(self, kind: type[R], name_or_id: str, ignore_missing: bool) -> R | None:
        try:
            name_or_id = identity.name_or_id(name_or_id, kind)
            found = self._by_id(kind, name_or_id) if identity.is_id(name_or_id) else None
            found = found or self._by_name(kind, name_or_id) or self._by_beginning(kind, name_or_id)
            if found is None:
                raise identity.not_found(kind, name_or_id)
        except ResourceNotFound:
            if not ignore_missing:
                raise
            return None
        return found

    def _by_id(self, kind: type[R], id: str) -> R | None:
        try:
            return self._get(kind, id)
        except ResourceNotFound:
            return None

    def _by_beginning(self, kind: type[R], text: str) -> R | None:
        return self._by_id(kind, text) if identity.is_unmistakable(text) else None

    def _by_name(self, kind: type[R], name: str) -> R | None:
        """Return the only object with exactly that name, or None."""
        collection, _, plural = _COLLECTIONS[_kind_with_path(kind)]
        found = [kind(raw) for raw in self._get_page(collection, plural, {"name": name})]
        if len(found) > 1:
            ids = ", ".join(str(resource.id) for resource in found)
            raise DuplicateResource(
                f"{len(found)} {plural} are called {name}: {ids}.", type="MultipleChoices"
            )
        return found[0] if found else None

    def _create(self, kind: type[R], attrs: Mapping[str, Any], keywords: str) -> R:
        collection, key, _ = _COLLECTIONS[kind]
        check_keywords(f"A new {key}", attrs, keywords)
        # With "desired_capacity": null, Senlin 16 leaves a cluster CREATING for ever.
        body = {name: value for name, value in self._attributes(attrs).items() if value is not None}
        reply = self._transport.request("POST", collection, body={key: body})
        return kind(reply.map(key), reply.action_id)

    def _update(self, kind: type[R], value: Any, attrs: Mapping[str, Any], keywords: str) -> R:
        """Return the changed object: `value` itself, if it is one.

        If it has all of the new values already, nothing is sent, as Senlin would refuse it.
        """
        key = _COLLECTIONS[kind][1]
        check_keywords(f"An update of a {key}", attrs, keywords)
        body = self._attributes(attrs)
        if isinstance(value, kind) and _has(value, body):
            return value
        reply = self._transport.request("PATCH", self._path(kind, value), body={key: body})
        changed = value if isinstance(value, kind) else kind({})
        changed._raw, changed.action_id = reply.map(key), reply.action_id
        return changed

    def _delete(
        self, kind: type[R], value: Any, ignore_missing: bool, force_delete: bool = False
    ) -> R | None:
        """Return the object as the caller described it, with the action's id; None if missing."""
        if force_delete:
            self._require("force_delete", microversion.FORCE_DELETE)
        body = {"force": True} if force_delete else None
        try:
            reply = self._transport.request("DELETE", self._path(kind, value), body=body)
        except ResourceNotFound:
            if not ignore_missing:
                raise
            return None
        if isinstance(value, kind):
            return kind(value._raw, reply.action_id)
        name_or_id = str(value)
        key = "id" if identity.is_id(name_or_id) else "name"
        return kind({key: name_or_id}, reply.action_id)

    def _act(self, kind: type[Resource], value: Any, action: str, params: Any) -> dict[str, Any]:
        return self._start_action(self._path(kind, value, "actions"), action, params)

    def _start_action(self, path: str, action: str, params: Any) -> dict[str, Any]:
        """Start an action; return the server's answer, which has the action's id under `action`."""
        return self._started(self._transport.request("POST", path, body={action: params}))

    def _started(self, reply: Reply) -> dict[str, Any]:
        action_id = reply.action_id
        if action_id is None:
            raise reply.invalid("no action")
        return {"action": action_id}

    def _attributes(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes by the server's names, with ids in the place of objects."""
        return {_RENAMED.get(name, name): self._as_reference(name, v) for name, v in attrs.items()}

    def _as_reference(self, name: str, value: Any) -> Any:
        kind = _KIND_OF_KEY.get(name)
        return self._name_or_id(kind, value) if kind and value else value

    def _require(self, feature: str, needed: Microversion) -> None:
        microversion.require(feature, needed, self._transport.negotiated_microversion())


def _joined(kind: type[Resource], name_or_id: str, *below: str) -> str:
    return "/".join((_COLLECTIONS[kind][0], identity.quoted(name_or_id), *below))


def _has(resource: Resource, attributes: Mapping[str, Any]) -> bool:
    """Whether an object has these values; `profile_only` is none, but says how to change others."""
    raw = resource._raw
    changed = {key: value for key, value in attributes.items() if key != "profile_only"}
    return all(key in raw and raw[key] == value for key, value in changed.items())


def renamed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return filters by the server's names."""
    return {_RENAMED.get(name, name): value for name, value in given.items()}


def _kind_with_path(kind: type[Resource]) -> type[Resource]:
    """Return the kind or its base class that has a path: a NodeDetail is read as a Node."""
    for parent in kind.__mro__:
        if parent in _COLLECTIONS:
            return parent
    raise InvalidIdentity(f"The server does not show a single {kind.__name__}.")


def _as_parameters(query: Mapping[str, Any]) -> dict[str, str | list[str]]:
    return {name: _as_parameter(value) for name, value in query.items()}


def _as_parameter(value: Any) -> str | list[str]:
    match value:
        case bool():
            return str(value).lower()  # Senlin accepts only `true` and `false`
        case Resource():
            return str(value.get("id") or value.get("name"))
        case list() | tuple() | set() | frozenset():
            return [str(_as_parameter(each)) for each in value]
        case _:
            return str(value)
