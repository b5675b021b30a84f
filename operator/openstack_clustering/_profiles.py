"""Profiles, policies and the types of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

from openstack_clustering import _identity as identity
from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._base import Base
from openstack_clustering._filtering import select
from openstack_clustering.exceptions import InvalidIdentity
from openstack_clustering.resources import (
    Policy,
    PolicyType,
    PolicyValidate,
    Profile,
    ProfileType,
    ProfileValidate,
    Typed,
)

if TYPE_CHECKING:
    from openstack_clustering.keywords import (
        NewPolicy,
        NewProfile,
        PolicyChange,
        PolicyRef,
        ProfileChange,
        ProfileRef,
        SpecAttributes,
    )
    from openstack_clustering.queries import (
        PolicyQuery,
        ProfileQuery,
        TypeQuery,
    )

T = TypeVar("T", bound=Typed)

_NOUNS: Mapping[type[Typed], str] = {ProfileType: "profile", PolicyType: "policy"}


class _Specs(Base):
    """Requests that differ between profiles and policies only in the noun."""

    def _list_types(self, kind: type[T], query: Mapping[str, Any]) -> Iterator[T]:
        noun = _NOUNS[kind]
        chosen = select(f"A list of {noun} types", query, "Type")
        documents = self._list_unpaged(f"/{noun}-types", f"{noun}_types")
        return chosen.of(kind(_with_version(raw)) for raw in documents)

    def _get_type(self, kind: type[T], value: str | Typed) -> T:
        noun = _NOUNS[kind]
        path = f"/{noun}-types/{_type_name(value, kind)}"
        return kind(self._transport.request("GET", path).map(f"{noun}_type"))

    def _validate(self, path: str, key: str, attrs: Mapping[str, Any]) -> dict[str, Any]:
        check_keywords(f"A {key} to validate", attrs, "SpecAttributes")
        body = {key: {"spec": attrs.get("spec", {})}}
        return self._transport.request("POST", path, body=body).map(key)


class Profiles(_Specs):
    """Operations on profiles and their types."""

    def profile_types(self, **query: Unpack[TypeQuery]) -> Iterator[ProfileType]:
        """Yield the profile types that this server has.

        Source: Clustering API reference, "List profile types".
        """
        return self._list_types(ProfileType, query)

    def get_profile_type(self, profile_type: str | ProfileType) -> ProfileType:
        """Return a profile type with the schema of its properties.

        Args:
            profile_type: The type, or its name with the version (`os.nova.server-1.0`).

        Raises:
            ResourceNotFound: There is no such type.

        Source: Clustering API reference, "Show profile type details".
        """
        return self._get_type(ProfileType, profile_type)

    def profile_type_operations(self, profile_type: str | ProfileType) -> dict[str, Any]:
        """Return the operations of a profile type, each with the schema of its parameters.

        Raises:
            BadRequest: There is no such type.

        Source: Clustering API reference, "List profile type operations" (microversion 1.4).
        """
        operations = self.list_profile_type_operations(profile_type)["operations"]
        return cast("dict[str, Any]", operations)

    def list_profile_type_operations(self, profile_type: str | ProfileType) -> dict[str, Any]:
        """Return the server's answer, which has the operations under `operations`.

        Raises:
            BadRequest: There is no such type.

        Source: Clustering API reference, "List profile type operations" (microversion 1.4).
        """
        self._require("list_profile_type_operations", microversion.OPERATIONS)
        path = f"/profile-types/{_type_name(profile_type, ProfileType)}/ops"
        reply = self._transport.request("GET", path)
        return {"operations": reply.map("operations")}

    def create_profile(self, **attrs: Unpack[NewProfile]) -> Profile:
        """Create a profile; this needs no action.

        Args:
            attrs: `name`, `spec` (`type`, `version`, `properties`) and optionally `metadata`.

        Raises:
            BadRequest: Nova or Heat would refuse the properties; `type` is `InvalidSpec`.
            ResourceNotFound: There is no such profile type.
            ServerError: The spec lacks its type or version; `type` is `ESchema`.

        Source: Clustering API reference, "Create profile".
        """
        return self._create(Profile, attrs, "NewProfile")

    def validate_profile(self, **attrs: Unpack[SpecAttributes]) -> ProfileValidate:
        """Validate a spec, by Nova or Heat as well; nothing is created.

        Args:
            attrs: `spec`; other attributes of a profile are ignored.

        Raises:
            BadRequest: The spec is not valid.

        Source: Clustering API reference, "Validate profile" (microversion 1.2).
        """
        self._require("validate_profile", microversion.VALIDATE)
        return ProfileValidate(self._validate("/profiles/validate", "profile", attrs))

    def update_profile(self, profile: ProfileRef, **attrs: Unpack[ProfileChange]) -> Profile:
        """Change the name or the metadata of a profile.

        Args:
            profile: The profile, its id or its name.
            attrs: `name`, `metadata` (replaces the whole map).

        Raises:
            BadRequest: It would change nothing.
            ResourceNotFound: There is no such profile.

        Source: Clustering API reference, "Update profile".
        """
        return self._update(Profile, profile, attrs, "ProfileChange")

    def delete_profile(self, profile: ProfileRef, ignore_missing: bool = True) -> None:
        """Delete a profile that nothing uses.

        Args:
            profile: The profile, its id or its name.
            ignore_missing: Do not raise ResourceNotFound.

        Raises:
            Conflict: A cluster or a node uses it, which may be in another project.
            ResourceNotFound: There is no such profile, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete profile".
        """
        self._delete(Profile, profile, ignore_missing)

    def get_profile(self, profile: ProfileRef) -> Profile:
        """Return a profile.

        Args:
            profile: The profile, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several profiles have that name, or an id with that beginning.
            ResourceNotFound: There is no such profile.

        Source: Clustering API reference, "Show profile details".
        """
        return self._get(Profile, profile)

    def find_profile(self, name_or_id: str, ignore_missing: bool = True) -> Profile | None:
        """Return the profile with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several profiles have that name.
            ResourceNotFound: There is no such profile, and `ignore_missing` is False.
        """
        return self._find(Profile, name_or_id, ignore_missing)

    def profiles(self, **query: Unpack[ProfileQuery]) -> Iterator[Profile]:
        """Yield profiles.

        Args:
            query: `name`, `type`, `sort`, `limit` (a page), `marker`, `global_project`; other
                values of profiles, such as `metadata`, by which the client filters.

        Raises:
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List profiles".
        """
        return self._list(Profile, query, "Profile")


class Policies(_Specs):
    """Operations on policies and their types."""

    def policy_types(self, **query: Unpack[TypeQuery]) -> Iterator[PolicyType]:
        """Yield the policy types that this server has.

        Source: Clustering API reference, "List policy types".
        """
        return self._list_types(PolicyType, query)

    def get_policy_type(self, policy_type: str | PolicyType) -> PolicyType:
        """Return a policy type with the schema of its properties.

        Args:
            policy_type: The type, or its name with the version (`senlin.policy.scaling-1.0`).

        Raises:
            ResourceNotFound: There is no such type.

        Source: Clustering API reference, "Show policy type details".
        """
        return self._get_type(PolicyType, policy_type)

    def create_policy(self, **attrs: Unpack[NewPolicy]) -> Policy:
        """Create a policy; this needs no action.

        Args:
            attrs: `name` and `spec` (`type`, `version`, `properties`).

        Raises:
            ResourceNotFound: There is no such policy type.
            ServerError: The spec does not fit its schema; `type` is `ESchema`.

        Source: Clustering API reference, "Create policy".
        """
        return self._create(Policy, attrs, "NewPolicy")

    def validate_policy(self, **attrs: Unpack[SpecAttributes]) -> PolicyValidate:
        """Validate a spec against its schema; nothing is created.

        Args:
            attrs: `spec`; other attributes of a policy are ignored.

        Raises:
            BadRequest: The spec is not valid.
            ServerError: The spec does not fit its schema; `type` is `ESchema`.

        Source: Clustering API reference, "Validate policy" (microversion 1.2).
        """
        self._require("validate_policy", microversion.VALIDATE)
        return PolicyValidate(self._validate("/policies/validate", "policy", attrs))

    def update_policy(self, policy: PolicyRef, **attrs: Unpack[PolicyChange]) -> Policy:
        """Rename a policy.

        Args:
            policy: The policy, its id or its name.
            attrs: `name`.

        Raises:
            BadRequest: It would change nothing.
            ResourceNotFound: There is no such policy.

        Source: Clustering API reference, "Update policy".
        """
        return self._update(Policy, policy, attrs, "PolicyChange")

    def delete_policy(self, policy: PolicyRef, ignore_missing: bool = True) -> None:
        """Delete a policy that is attached to no cluster.

        Args:
            policy: The policy, its id or its name.
            ignore_missing: Do not raise ResourceNotFound.

        Raises:
            Conflict: It is attached to a cluster.
            ResourceNotFound: There is no such policy, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete policy".
        """
        self._delete(Policy, policy, ignore_missing)

    def get_policy(self, policy: PolicyRef) -> Policy:
        """Return a policy.

        Args:
            policy: The policy, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several policies have that name, or an id with that beginning.
            ResourceNotFound: There is no such policy.

        Source: Clustering API reference, "Show policy details".
        """
        return self._get(Policy, policy)

    def find_policy(self, name_or_id: str, ignore_missing: bool = True) -> Policy | None:
        """Return the policy with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several policies have that name.
            ResourceNotFound: There is no such policy, and `ignore_missing` is False.
        """
        return self._find(Policy, name_or_id, ignore_missing)

    def policies(self, **query: Unpack[PolicyQuery]) -> Iterator[Policy]:
        """Yield policies.

        Args:
            query: `name`, `type`, `sort`, `limit` (a page), `marker`, `global_project`.

        Raises:
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List policies".
        """
        return self._list(Policy, query, "Policy")


def _type_name(value: str | Typed, kind: type[Typed]) -> str:
    """Return a type's name as a segment of a path."""
    name = _name_of(value) if isinstance(value, kind) else value
    if not isinstance(name, str) or not name or "/" in name or name in (".", ".."):
        raise InvalidIdentity(f"{value!r} cannot be the name of a {kind.__name__}.")
    return identity.quoted(name)


def _name_of(value: Typed) -> Any:
    """Return a type's name with the version, which another list may have left out."""
    suffix = f"-{value.version}" if value.version else ""
    return value.name if str(value.name).endswith(suffix) else f"{value.name}{suffix}"


def _with_version(raw: dict[str, Any]) -> dict[str, Any]:
    """Put the version into the name, as the server expects it in a path: `os.nova.server-1.0`."""
    # From microversion 1.5 on, lists have the version apart from the name.
    if version := raw.get("version"):
        raw["name"] = f"{raw.get('name')}-{version}"
    return raw
