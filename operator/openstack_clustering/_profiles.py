"""Profiles, policies and the types of both."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, Unpack

from openstack_clustering import identity, microversion
from openstack_clustering._base import Base, check_keywords
from openstack_clustering.exceptions import InvalidIdentity
from openstack_clustering.keywords import (
    NewPolicy,
    NewProfile,
    NoQuery,
    PolicyChange,
    PolicyQuery,
    PolicyRef,
    ProfileChange,
    ProfileQuery,
    ProfileRef,
    SpecAttributes,
)
from openstack_clustering.resources import (
    Policy,
    PolicyType,
    PolicyValidate,
    Profile,
    ProfileType,
    ProfileValidate,
    Typed,
)

T = TypeVar("T", bound=Typed)


class Profiles(Base):
    """What nodes are made of."""

    def profile_types(self, **query: Unpack[NoQuery]) -> Iterator[ProfileType]:
        """Yield the kinds of profiles that this server knows.

        Source: Clustering API reference, "List profile types".
        """
        return self._types(ProfileType, query)

    def get_profile_type(self, profile_type: str | ProfileType) -> ProfileType:
        """Return a kind of profile with the schema of its properties.

        Args:
            profile_type: One from the list, or its name with the version (`os.nova.server-1.0`).

        Raises:
            ResourceNotFound: This server does not know it.

        Source: Clustering API reference, "Show profile type details".
        """
        return self._type(ProfileType, profile_type)

    def profile_type_operations(self, profile_type: str | ProfileType) -> dict[str, Any]:
        """Return the operations of a kind of profile, each with the schema of its parameters.

        Raises:
            BadRequest: This server does not know the type.

        Source: Clustering API reference, "List profile type operations" (microversion 1.4).
        """
        self._require("profile_type_operations", microversion.OPERATIONS)
        path = f"/profile-types/{_type_word(profile_type, ProfileType)}/ops"
        return self._transport.request("GET", path).map("operations")

    def create_profile(self, **attrs: Unpack[NewProfile]) -> Profile:
        """Create a profile; it is there when the call returns.

        Args:
            attrs: `name`, `spec` (`type`, `version`, `properties`) and perhaps `metadata`.

        Raises:
            BadRequest: Nova or Heat would not take the properties; `type` is `InvalidSpec`.
            ResourceNotFound: There is no such type of profile.
            ServerError: The spec lacks its type or version; `type` is `ESchema`.

        Source: Clustering API reference, "Create profile".
        """
        return self._create(Profile, attrs, NewProfile)

    def validate_profile(self, **attrs: Unpack[SpecAttributes]) -> ProfileValidate:
        """Have a spec checked, by Nova or Heat as well; nothing is created.

        Args:
            attrs: `spec`; what else a profile has is not looked at.

        Raises:
            BadRequest: It would be refused.

        Source: Clustering API reference, "Validate profile" (microversion 1.2).
        """
        self._require("validate_profile", microversion.VALIDATE)
        return ProfileValidate(self._validated("/profiles/validate", "profile", attrs))

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
        return self._update(Profile, profile, attrs, ProfileChange)

    def delete_profile(self, profile: ProfileRef, ignore_missing: bool = True) -> None:
        """Delete a profile that nothing uses.

        Args:
            profile: The profile, its id or its name.
            ignore_missing: Whether it is all right if there is none.

        Raises:
            Conflict: A cluster or a node uses it, perhaps one of another project.
            ResourceNotFound: There is no such profile, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete profile".
        """
        self._delete(Profile, profile, ignore_missing)

    def get_profile(self, profile: ProfileRef) -> Profile:
        """Return a profile.

        Args:
            profile: The profile, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several have that name, or an id that begins so.
            ResourceNotFound: There is no such profile.

        Source: Clustering API reference, "Show profile details".
        """
        return self._get(Profile, profile)

    def find_profile(self, name_or_id: str, ignore_missing: bool = True) -> Profile | None:
        """Return the profile with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several have that name.
            ResourceNotFound: There is none, and `ignore_missing` is False.
        """
        return self._find(Profile, name_or_id, ignore_missing)

    def profiles(self, **query: Unpack[ProfileQuery]) -> Iterator[Profile]:
        """Yield profiles.

        Args:
            query: `name`, `type`, `metadata` (pairs, compared here), `sort`, `limit` (a page),
                `marker`, `global_project`.

        Raises:
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List profiles".
        """
        check_keywords("A list of profiles", query, ProfileQuery)
        sent: dict[str, Any] = dict(query)
        pairs = sent.pop("metadata", None)
        listed = self._list(Profile, sent, ProfileQuery)
        return listed if not pairs else (p for p in listed if _has(p.metadata, pairs))

    def _types(self, kind: type[T], query: Mapping[str, Any]) -> Iterator[T]:
        what = "profile" if kind is ProfileType else "policy"
        check_keywords(f"A list of {what} types", query, NoQuery)
        key = f"{what}_types"
        return (kind(_with_version(raw)) for raw in self._lazily(f"/{what}-types", key))

    def _type(self, kind: type[T], value: str | Typed) -> T:
        what = "profile" if kind is ProfileType else "policy"
        path = f"/{what}-types/{_type_word(value, kind)}"
        return kind(self._transport.request("GET", path).map(f"{what}_type"))

    def _validated(self, path: str, key: str, attrs: Mapping[str, Any]) -> dict[str, Any]:
        check_keywords(f"A {key} to validate", attrs, SpecAttributes)
        spec = attrs.get("spec", {})
        return self._transport.request("POST", path, body={key: {"spec": spec}}).map(key)


class Policies(Profiles):
    """Rules that clusters can be bound to."""

    def policy_types(self, **query: Unpack[NoQuery]) -> Iterator[PolicyType]:
        """Yield the kinds of policies that this server knows.

        Source: Clustering API reference, "List policy types".
        """
        return self._types(PolicyType, query)

    def get_policy_type(self, policy_type: str | PolicyType) -> PolicyType:
        """Return a kind of policy with the schema of its properties.

        Args:
            policy_type: One from the list, or its name with the version
                (`senlin.policy.scaling-1.0`).

        Raises:
            ResourceNotFound: This server does not know it.

        Source: Clustering API reference, "Show policy type details".
        """
        return self._type(PolicyType, policy_type)

    def create_policy(self, **attrs: Unpack[NewPolicy]) -> Policy:
        """Create a policy; it is there when the call returns.

        Args:
            attrs: `name` and `spec` (`type`, `version`, `properties`).

        Raises:
            ResourceNotFound: There is no such type of policy.
            ServerError: The spec does not fit its schema; `type` is `ESchema`.

        Source: Clustering API reference, "Create policy".
        """
        return self._create(Policy, attrs, NewPolicy)

    def validate_policy(self, **attrs: Unpack[SpecAttributes]) -> PolicyValidate:
        """Have a spec checked against its schema; nothing is created.

        Args:
            attrs: `spec`; what else a policy has is not looked at.

        Raises:
            BadRequest: It would be refused.
            ServerError: The spec does not fit its schema; `type` is `ESchema`.

        Source: Clustering API reference, "Validate policy" (microversion 1.2).
        """
        self._require("validate_policy", microversion.VALIDATE)
        return PolicyValidate(self._validated("/policies/validate", "policy", attrs))

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
        return self._update(Policy, policy, attrs, PolicyChange)

    def delete_policy(self, policy: PolicyRef, ignore_missing: bool = True) -> None:
        """Delete a policy that no cluster is bound to.

        Args:
            policy: The policy, its id or its name.
            ignore_missing: Whether it is all right if there is none.

        Raises:
            Conflict: A cluster is bound to it.
            ResourceNotFound: There is no such policy, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete policy".
        """
        self._delete(Policy, policy, ignore_missing)

    def get_policy(self, policy: PolicyRef) -> Policy:
        """Return a policy.

        Args:
            policy: The policy, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several have that name, or an id that begins so.
            ResourceNotFound: There is no such policy.

        Source: Clustering API reference, "Show policy details".
        """
        return self._get(Policy, policy)

    def find_policy(self, name_or_id: str, ignore_missing: bool = True) -> Policy | None:
        """Return the policy with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several have that name.
            ResourceNotFound: There is none, and `ignore_missing` is False.
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
        return self._list(Policy, query, PolicyQuery)


def _type_word(value: str | Typed, kind: type[Typed]) -> str:
    """Return a type's name for a path."""
    name = value.name if isinstance(value, kind) else value
    if not isinstance(name, str) or not name or "/" in name or name in (".", ".."):
        raise InvalidIdentity(f"{value!r} cannot be the name of a {kind.__name__}.")
    return identity.quoted(name)


def _with_version(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a list's entry with the name that the server takes back: `os.nova.server-1.0`."""
    # From microversion 1.5 on lists have name and version apart; a single one has them together.
    if version := raw.get("version"):
        raw["name"] = f"{raw.get('name')}-{version}"
    return raw


def _has(metadata: Mapping[str, Any] | None, pairs: Mapping[str, Any]) -> bool:
    return bool(metadata) and pairs.items() <= (metadata or {}).items()
