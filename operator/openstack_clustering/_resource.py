"""The base class of all resources: a view of the server's document.

A resource only refers to the parsed document and looks values up on access. Nothing is copied or
converted, so a list of resources costs no more than its JSON.
"""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast, get_args, overload

if TYPE_CHECKING:
    from openstack_clustering._types import Declared


T = TypeVar("T")


class Field(Generic[T]):
    """A value in the document; None if the server left it out."""

    __slots__ = ("key",)

    def __init__(self, key: str = "") -> None:
        self.key: str = key  # the server's name, by default the attribute's

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = self.key or name

    @overload
    def __get__(self, resource: None, owner: type) -> "Field[T]": ...
    @overload
    def __get__(self, resource: "Resource", owner: type) -> T: ...
    def __get__(self, resource: "Resource | None", owner: type) -> "Field[T] | T":
        if resource is None:
            return self
        return resource._raw.get(self.key)  # type: ignore[return-value]


class Resource:
    """An object of the clustering service, as the server described it.

    Values are attributes (`cluster.status`) and items (`cluster["status"]`), by openstacksdk's
    names (`project_id`) or the server's (`project`). Other values from the server are available by
    the server's names. Two resources are equal if their type and content are equal. A resource
    does not follow later changes by itself: an operation that it is handed to and that returns such
    an object, such as `get_cluster` or `update_cluster`, updates it, and so do the waits.
    """

    __slots__ = ("_raw", "action_id")

    _fields: ClassVar[Mapping[str, str]] = {}  # openstacksdk's names to the server's
    _excluded: ClassVar[tuple[str, ...]] = ()  # inherited names that this type does not have
    _repr_names: ClassVar[tuple[str, ...]] = ("name", "id")

    action_id: str | None
    """The id of the action that the request for this reply started, or None."""

    id: Field[str] = Field()
    name: Field[str] = Field()

    def __init__(self, raw: dict[str, Any], action_id: str | None = None) -> None:
        self._raw = raw
        self.action_id = action_id

    def __init_subclass__(cls) -> None:
        fields = {
            name: value.key
            for kind in reversed(cls.__mro__)
            for name, value in vars(kind).items()
            if isinstance(value, Field)
        }
        cls._fields = {name: key for name, key in fields.items() if name not in cls._excluded}

    def typed(self) -> tuple[Self, list[str]]:
        """Return the object with values of the declared types alone, for code that relies on them.

        A server answers what others have stored, or what it likes. A value that is missing, null,
        of another type or out of range becomes the empty value of its type: None where the
        declaration allows it, else `""`, 0, False, `[]` or `{}`. What is in a map stays as it is.

        Returns:
            The object (this one, if nothing had to be replaced), and the server's names of the
            values that were neither missing nor null.
        """
        raw, kind = self._raw, cast("Any", type(self))
        replaced = {
            key: declared.empty()
            for key, declared in _declared(kind).items()
            if not declared.allows(raw.get(key))
        }
        if not replaced:
            return self, []
        wrong = [key for key in replaced if raw.get(key) is not None]
        return type(self)({**raw, **replaced}, self.action_id), wrong

    @property
    def location(self) -> str | None:
        """The path of the action `action_id`, as in older versions of openstacksdk."""
        return f"/v1/actions/{self.action_id}" if self.action_id else None

    def to_dict(
        self,
        body: bool = True,
        headers: bool = True,
        computed: bool = True,
        ignore_none: bool = False,
        original_names: bool = False,
    ) -> dict[str, Any]:
        """Return all values, by openstacksdk's name if there is one, else by the server's.

        Args:
            body: Include the values of the server's document, which are all that there are.
            headers: For programs of openstacksdk: without effect, as is `computed`.
            computed: See `headers`.
            ignore_none: Leave out what is None.
            original_names: Use the server's names alone.
        """
        known = {name: self._raw.get(key) for name, key in self._fields.items()}
        keys = self._fields.values()
        values = known | {key: value for key, value in self._raw.items() if key not in keys}
        if original_names:
            values = {self._fields.get(name, name): value for name, value in values.items()}
        return {
            name: value
            for name, value in values.items()
            if body and not (ignore_none and value is None)
        }

    toDict = to_dict  # noqa: N815 - as of the Munch that older versions of openstacksdk returned

    def keys(self) -> KeysView[str]:
        """Return the names of `to_dict()`, so that `dict(resource)` works."""
        return self.to_dict().keys()

    def values(self) -> ValuesView[Any]:
        """Return the values of `to_dict()`."""
        return self.to_dict().values()

    def items(self) -> ItemsView[str, Any]:
        """Return the pairs of `to_dict()`."""
        return self.to_dict().items()

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value by its name, or the default if the server sent none."""
        value = self._raw.get(self._fields.get(name, name))
        return default if value is None else value

    def __getitem__(self, name: str) -> Any:
        if name in self._fields:
            return self._raw.get(self._fields[name])
        return self._raw[name]

    def __contains__(self, name: object) -> bool:
        return name in self._fields or name in self._raw

    def __eq__(self, other: object) -> bool:  # no hash, as wait_for_status changes the content
        if type(self) is not type(other):
            return NotImplemented
        return self._raw == other._raw

    def __repr__(self) -> str:
        values = ((name, self.get(name)) for name in self._repr_names)
        content = ", ".join(f"{name}={value!r}" for name, value in values if value is not None)
        return f"{type(self).__name__}({content})"

    if not TYPE_CHECKING:  # so that type checkers find misspelt attributes

        def __getattr__(self, name: str) -> Any:
            try:
                return object.__getattribute__(self, "_raw")[name]
            except KeyError:
                kind = type(self).__name__
                # With `name` and `obj`, Python itself says in a traceback what might be meant.
                message = f"{kind} has no attribute {name}"
                raise AttributeError(message, name=name, obj=self) from None


@cache
def _declared(kind: Any) -> Mapping[str, "Declared"]:
    """Return the declared types of a kind's values, by the server's names."""
    from openstack_clustering._types import Declared  # imported only when it is needed

    hints = {name: hint for parent in reversed(kind.__mro__) for name, hint in _hints(parent)}
    return {key: Declared.of(get_args(hints[name])[0]) for name, key in kind._fields.items()}


def _hints(kind: type) -> ItemsView[str, Any]:
    hints: dict[str, Any] = vars(kind).get("__annotations__", {})
    return hints.items()
