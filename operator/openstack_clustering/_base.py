"""What the operations have in common; each of the other `_*.py` modules adds a noun's."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from openstack_clustering import identity, microversion, paging
from openstack_clustering.exceptions import DuplicateResource, InvalidIdentity, ResourceNotFound
from openstack_clustering.microversion import Microversion
from openstack_clustering.reply import Reply
from openstack_clustering.resource import Resource
from openstack_clustering.resources import (
    Action,
    Cluster,
    Event,
    Node,
    Policy,
    Profile,
    Receiver,
)
from openstack_clustering.transport import Transport

R = TypeVar("R", bound=Resource)

# Where each kind is, and under which key its document stands.
_COLLECTIONS: Mapping[type[Resource], tuple[str, str, str]] = {
    Profile: ("/profiles", "profile", "profiles"),
    Policy: ("/policies", "policy", "policies"),
    Cluster: ("/clusters", "cluster", "clusters"),
    Node: ("/nodes", "node", "nodes"),
    Receiver: ("/receivers", "receiver", "receivers"),
    Action: ("/actions", "action", "actions"),
    Event: ("/events", "event", "events"),
}
# The SDK's words for what the server's filters call otherwise.
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
        """Return the path of one object; a name that could be the beginning of an id is resolved.

        Raises:
            InvalidIdentity: The value cannot name an object; nothing was sent.
            ResourceNotFound: There is no object of that name.
            DuplicateResource: There are several.
        """
        collection = _COLLECTIONS[kind][0]
        segments = (collection, identity.quoted(self._word(kind, value)), *below)
        return "/".join(segments)

    def _word(self, kind: type[Resource], value: Any) -> str:
        """Return what the server can only take for the object that is meant."""
        word = identity.word_of(value, kind)
        if kind in (Action, Event) or identity.is_safe_in_path(word):
            return word
        found = self._the_one(kind, word)
        if found is None:
            raise _missing(kind, word)
        return identity.word_of(found, kind)

    def _words(self, kind: type[Resource], values: Any) -> list[str]:
        if isinstance(values, str | Resource):
            values = [values]
        return [self._word(kind, value) for value in values]

    def _get(self, kind: type[R], value: Any, query: dict[str, str] | None = None) -> R:
        listed = _listed(kind)
        collection, key, _ = _COLLECTIONS[listed]
        word = identity.word_of(value, listed)
        # Of what is read, the reply shows whether it is what was meant: a short id is welcome.
        segment = word if word.isascii() else self._word(listed, word)
        path = f"{collection}/{identity.quoted(segment)}"
        raw = self._transport.request("GET", path, query=query).map(key)
        if not identity.is_meant(raw, word):
            raise _missing(listed, word)
        return kind(raw)

    def _list(self, kind: type[R], query: Mapping[str, Any], known: type) -> Iterator[R]:
        check_keywords(f"A list of {_COLLECTIONS[kind][2]}", query, known)
        collection, _, plural = _COLLECTIONS[kind]
        fetch = partial(self._page, collection, plural)
        return (kind(raw) for raw in self._read(kind, fetch, query))

    def _read(
        self, kind: type[Resource], fetch: paging.Fetch, query: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        sent = self._sent(query)
        if kind is Node and isinstance(sent.get("cluster_id"), str):
            # Looked up by the server as in a path; the filters of other lists want the whole id.
            sent["cluster_id"] = self._word(Cluster, sent["cluster_id"])
        yield from paging.read(fetch, sent)

    def _page(self, path: str, key: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        return self._transport.request("GET", path, query=_as_parameters(query)).maps(key)

    def _lazily(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        """Yield what is listed at once; nothing is sent before the first is asked for."""
        yield from self._page(path, key, {})

    def _find(self, kind: type[R], name_or_id: str, ignore_missing: bool) -> R | None:
        word = identity.word_of(name_or_id, kind)
        found = self._with_id(kind, word) if identity.is_id(word) else None
        found = found or self._the_one(kind, word)
        if found is None and not ignore_missing:
            raise _missing(kind, word)
        return found

    def _with_id(self, kind: type[R], word: str) -> R | None:
        try:
            return self._get(kind, word)
        except ResourceNotFound:
            return None

    def _the_one(self, kind: type[R], name: str) -> R | None:
        """Return the object with that name, if there is one."""
        collection, _, plural = _COLLECTIONS[_listed(kind)]
        found = [kind(raw) for raw in self._page(collection, plural, {"name": name})]
        if len(found) > 1:
            ids = ", ".join(str(resource.id) for resource in found)
            raise DuplicateResource(
                f"{len(found)} {plural} are called {name}: {ids}.", type="MultipleChoices"
            )
        return found[0] if found else None

    def _create(self, kind: type[R], attrs: Mapping[str, Any], known: type) -> R:
        collection, key, _ = _COLLECTIONS[kind]
        check_keywords(f"A new {key}", attrs, known)
        # An explicit null makes Senlin 16 leave a cluster CREATING for ever (desired_capacity).
        body = {name: value for name, value in self._body(attrs).items() if value is not None}
        reply = self._transport.request("POST", collection, body={key: body})
        return kind(reply.map(key), reply.action_id)

    def _update(self, kind: type[R], value: Any, attrs: Mapping[str, Any], known: type) -> R:
        key = _COLLECTIONS[kind][1]
        check_keywords(f"An update of a {key}", attrs, known)
        path = self._path(kind, value)
        reply = self._transport.request("PATCH", path, body={key: self._body(attrs)})
        return kind(reply.map(key), reply.action_id)

    def _delete(
        self, kind: type[R], value: Any, ignore_missing: bool, body: Any = None
    ) -> R | None:
        """Return what was known of the object, with the action's id; None if it was missing."""
        try:
            reply = self._transport.request("DELETE", self._path(kind, value), body=body)
        except ResourceNotFound:
            if not ignore_missing:
                raise
            return None
        if isinstance(value, kind):
            return kind(value._raw, reply.action_id)
        word = str(value)
        return kind({"id" if identity.is_id(word) else "name": word}, reply.action_id)

    def _start(self, path: str, what: str, params: Any) -> dict[str, Any]:
        """Start an action; return the server's answer, which has its id under `action`."""
        return self._started(self._transport.request("POST", path, body={what: params}))

    def _started(self, reply: Reply) -> dict[str, Any]:
        action_id = reply.action_id
        if action_id is None:
            raise reply.invalid("no action")
        return {"action": action_id}

    def _body(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes by the server's names, objects replaced by their ids."""
        return {_RENAMED.get(name, name): self._plain(name, v) for name, v in attrs.items()}

    def _sent(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return a query by the server's names, without what was not given."""
        return {_RENAMED.get(name, name): v for name, v in query.items() if v is not None}

    def _plain(self, name: str, value: Any) -> Any:
        kind = _KIND_OF_KEY.get(name)
        return self._word(kind, value) if kind and value else value

    def _require(self, what: str, needed: Microversion) -> None:
        microversion.require(what, needed, self._transport.agreed_microversion())


def check_keywords(what: str, given: Mapping[str, Any], known: type) -> None:
    """Raise TypeError for a keyword that the server would refuse or, worse, ignore."""
    names = known.__annotations__.keys()
    if unknown := next((name for name in given if name not in names), None):
        raise TypeError(f"{what} has no {unknown!r}; {_hint(unknown, names)}")


def _hint(unknown: str, names: Collection[str]) -> str:
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(unknown, names, 1)
    return f"did you mean {close[0]}?" if close else f"it has: {', '.join(sorted(names))}."


def _listed(kind: type[Resource]) -> type[Resource]:
    """Return the kind under whose path a kind is found."""
    for parent in kind.__mro__:
        if parent in _COLLECTIONS:
            return parent
    raise InvalidIdentity(f"The server does not show a single {kind.__name__}.")


def _missing(kind: type[Resource], word: str) -> ResourceNotFound:
    message = f"There is no {kind.__name__} with the id or the name {word}."
    return ResourceNotFound(message, type="ResourceNotFound")


def _as_parameters(query: Mapping[str, Any]) -> dict[str, str | list[str]]:
    return {name: _as_parameter(value) for name, value in query.items()}


def _as_parameter(value: Any) -> str | list[str]:
    match value:
        case bool():
            return str(value).lower()  # Senlin takes these two words only
        case Resource():
            return str(value.get("id") or value.get("name"))
        case list() | tuple() | set() | frozenset():
            return [str(_as_parameter(each)) for each in value]
        case _:
            return str(value)
