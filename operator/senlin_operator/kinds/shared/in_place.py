"""Changes of a profile: which properties nodes that exist can take, and how a change is told.

Senlin's schema of a profile type says what it changes in place. If anything else differs, Senlin 16
accepts the change all the same, and then leaves the nodes UPDATING (senlin/profiles/base.py,
validate_for_update). As released it cannot change an image either; see `rebuild`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Profile
from senlin_operator.cloud.documents import checked, spec_of
from senlin_operator.kinds.shared.fields import describe
from senlin_operator.kinds.shared.rebuild import OR_REPAIRED
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import Blocked

Schema = Mapping[str, Any]  # of the properties of a profile type, by name
_IMAGE = "image"
# Properties whose values are told. Any other may have a password: user_data, files, parameters.
_TOLD = frozenset(["flavor", _IMAGE, "key_name", "availability_zone", "timeout"])
_CUT = 60  # characters of a value that is told
_NOUNS = {"os.nova.server": "servers", "os.heat.stack": "stacks"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a profile has. A value may be a secret."""

    name: str
    type: str
    version: str
    properties: Mapping[str, Any] = field(repr=False)

    @property
    def type_name(self) -> str:
        """Return the type with its version."""
        return f"{self.type}-{self.version}"


def wanted_content(profile: Resource) -> Content | None:
    """Return the content of a SenlinProfile; None: it is unmanaged, so only Senlin has it."""
    wanted = profile.spec.get("resource")
    if not wanted:
        return None
    name = wanted.get("name", profile.key.name)
    return Content(name, wanted["type"], str(wanted["version"]), wanted.get("properties", {}))


def content(profile: Profile | None) -> Content | None:
    """Return the content of a profile of Senlin; None: it does not exist any more.

    Raises:
        InvalidResponse: What Senlin says of it is unusable.
    """
    if profile is None:
        return None
    return Content(profile.name, *spec_of(checked(profile)))


@dataclass(frozen=True, slots=True)
class Change:
    """A change of nodes from one profile to another."""

    current: Content
    wanted: Content
    schema: Schema | None = field(default=None, repr=False)  # None: not fetched

    @property
    def fields(self) -> list[str]:
        """Return the names of the properties that differ."""
        names = self.current.properties.keys() | self.wanted.properties.keys()
        return sorted(name for name in names if self._differs(name))

    @property
    def summary(self) -> str:
        """Return a text for people, without any secret."""
        before, after = self.current.name, self.wanted.name
        names = before if before == after else f"{before} → {after}"
        told = ", ".join(self._told(name) for name in self.fields)
        return f"profile {names} ({told})" if told else f"profile {names}"

    def refused(self, *, repaired: bool) -> tuple[str, ...]:
        """Return the properties that nodes which exist cannot take.

        Args:
            repaired: Whether this Senlin can change images.
        """
        if self.current.type_name != self.wanted.type_name:
            return ()  # Senlin refuses it before anything changes
        return tuple(name for name in self.fields if not self._takes(name, repaired=repaired))

    def _takes(self, name: str, *, repaired: bool) -> bool:
        if name == _IMAGE and None not in self._pair(name):
            return repaired
        if self.schema is None:
            return True
        return bool(_schema(self.schema, name).get("updatable"))

    def _differs(self, name: str) -> bool:
        before, after = self._pair(name)
        schema = _schema(self.schema or {}, name)
        return bool(_filled(before, schema) != _filled(after, schema))

    def _pair(self, name: str) -> tuple[Any, Any]:
        return self.current.properties.get(name), self.wanted.properties.get(name)

    def _told(self, name: str) -> str:
        if name not in _TOLD:
            return name
        before, after = self._pair(name)
        return f"{name} {_printed(before)} → {_printed(after)}"


def change(current: Content | None, wanted: Content | None, schema: Schema | None) -> Change | None:
    """Return the change; None: one of the profiles is unknown, or they are the same."""
    if current is None or wanted is None or current == wanted:
        return None
    return Change(current, wanted, schema)


def described(changes: Mapping[str, tuple[object, object]], profile: Change | None) -> str:
    """Return differences of plain fields for people; that of the profile if it is known."""
    others = {name: pair for name, pair in changes.items() if name != "profile_id"}
    if "profile_id" not in changes:
        return describe(others)
    told = profile.summary if profile else describe({"profile": changes["profile_id"]})
    return ", ".join(filter(None, (describe(others), told)))


def refusal(changes: Iterable[Change], instead: str, *, repaired: bool) -> Blocked | None:
    """Return the outcome for changes that nodes which exist cannot take; None: they can.

    Args:
        changes: Those of the cluster and its nodes, or of the node.
        instead: What a person can do but to put the properties back.
        repaired: Whether this Senlin can change images.
    """
    first = {name: it for it in changes for name in it.refused(repaired=repaired)}
    if not first:
        return None
    image = first.pop(_IMAGE, None)
    texts = []
    if first:
        noun = _NOUNS.get(next(iter(first.values())).wanted.type, "nodes")
        texts.append(f"{', '.join(sorted(first))} cannot be changed on {noun} that exist")
    if image:
        before, after = image.current.properties[_IMAGE], image.wanted.properties[_IMAGE]
        texts.append(
            "Senlin 16 as released cannot change the image of a server, from "
            f"{_printed(before)} to {_printed(after)}: it would stop the server, and fail"
        )
    back = "put it back" if len(first) + bool(image) == 1 else "put them back"
    repair = f", {OR_REPAIRED}" if image and not first else ""
    return Blocked(Reason.UNSAFE, f"{'. '.join(texts)}. {instead}, or {back}{repair}.")


def _filled(value: Any, schema: Schema) -> Any:
    """Return a value with the defaults that Senlin gives to what it lacks, however deep."""
    if value is None:
        return schema.get("default")
    nested = _schema(schema, "schema")
    if isinstance(value, list) and "*" in nested:
        return [_filled(item, _schema(nested, "*")) for item in value]
    if isinstance(value, Mapping) and nested:
        keys = nested.keys() | value.keys()
        return {key: _filled(value.get(key), _schema(nested, key)) for key in keys}
    return value


def _schema(schema: Schema, name: str) -> Schema:
    """Return a part of a schema; nothing for what is no map."""
    part = schema.get(name)
    return part if isinstance(part, Mapping) else {}


def _printed(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= _CUT else f"{text[: _CUT - 1]}…"
