"""The kinds of login (`auth_type`), and the keys of `auth` that each takes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from openstack_clustering.exceptions import ConfigException

_USER = ("user_id", "username", "user_domain_id", "user_domain_name")
_PROJECT = ("project_id", "project_name", "project_domain_id", "project_domain_name")
_SCOPE = (*_PROJECT, "domain_id", "domain_name", "system_scope", "trust_id")
_OIDC = (
    "identity_provider",
    "protocol",
    "client_id",
    "client_secret",
    "openid_scope",
    "access_token_endpoint",
    "discovery_endpoint",
    "access_token_type",
)


class LoginKind(NamedTuple):
    """The class of keystoneauth1's v3 plugin, and the keys that it takes beside `auth_url`."""

    plugin: str
    keys: Sequence[str]
    required: Sequence[Sequence[str]] = ()  # one of each


_PASSWORD = LoginKind(
    "Password", ("password", *_USER, *_SCOPE), (("password",), ("username", "user_id"))
)
_TOKEN = LoginKind("Token", ("token", *_SCOPE), (("token",),))
_OIDC_REQUIRED = (
    ("identity_provider",),
    ("protocol",),
    ("client_id",),
    ("access_token_endpoint", "discovery_endpoint"),
)

# A program without a terminal or a browser can use these, and they need no further package.
KINDS: Mapping[str, LoginKind] = {
    "password": _PASSWORD,
    "v3password": _PASSWORD,
    "token": _TOKEN,
    "v3token": _TOKEN,
    "v3applicationcredential": LoginKind(
        "ApplicationCredential",
        # No scope, which Keystone refuses: the credential itself belongs to a project.
        (
            "application_credential_id",
            "application_credential_name",
            "application_credential_secret",
            *_USER,
        ),
        (
            ("application_credential_secret",),
            ("application_credential_id", "application_credential_name"),
        ),
    ),
    "v3totp": LoginKind(
        "TOTP", ("passcode", *_USER, *_SCOPE), (("passcode",), ("username", "user_id"))
    ),
    "v3oidcclientcredentials": LoginKind(
        "OidcClientCredentials", (*_OIDC, *_SCOPE), (*_OIDC_REQUIRED, ("client_secret",))
    ),
    "v3oidcpassword": LoginKind(
        "OidcPassword",
        ("username", "password", *_OIDC, *_SCOPE),
        (*_OIDC_REQUIRED, ("username",), ("password",)),
    ),
}
# The generic kinds alone have these for a domain that is not given.
DEFAULT_DOMAIN_KEYS = ("default_domain_id", "default_domain_name")
GENERIC = frozenset({"password", "token"})
DEFAULT_DOMAIN_KINDS = frozenset({"password", "v3password", "v3totp"})  # of `default_domain`
AUTH_KEYS = frozenset({"auth_url", "tenant_id", "tenant_name", *DEFAULT_DOMAIN_KEYS}) | {
    key for kind in KINDS.values() for key in kind.keys
}


def implied(auth: Mapping[str, Any]) -> str:
    """Return the kind of a login that names none."""
    if "application_credential_secret" in auth:
        return "v3applicationcredential"
    return "token" if "token" in auth and "password" not in auth else "password"


def check(name: str, kind: str, auth: Mapping[str, Any]) -> None:
    """Raise ConfigException for what Keystone would refuse, or a person would have to type."""
    if not auth.get("auth_url"):
        raise ConfigException(f"The cloud {name} has no auth_url.")
    if auth["auth_url"].rstrip("/").endswith("/v2.0"):
        raise ConfigException(f"The auth_url of the cloud {name} is Keystone's v2: use v3.")
    missing = [keys for keys in KINDS[kind].required if not any(key in auth for key in keys)]
    missing += _missing_domains(auth, KINDS[kind].keys)
    if missing:
        needed = ", and no ".join(" or ".join(keys) for keys in missing)
        raise ConfigException(f"The cloud {name} ({kind}) has no {needed}.")
    scopes = [
        *(what for what in ("project", "domain") if {f"{what}_id", f"{what}_name"} & auth.keys()),
        *(what for what in ("trust_id", "system_scope") if what in auth),
    ]
    if len(scopes) > 1:
        raise ConfigException(
            f"The cloud {name} has several scopes, of which a login takes one: {', '.join(scopes)}."
        )


def _missing_domains(auth: Mapping[str, Any], keys: Sequence[str]) -> list[Sequence[str]]:
    """Return the keys without which the name of a user or a project means nothing to Keystone."""
    missing: list[Sequence[str]] = []
    user_by_name = not {"user_id", "application_credential_id"} & auth.keys()
    if user_by_name and "application_credential_name" in auth and "username" not in auth:
        missing.append(("username", "user_id"))
    domains = [
        (f"{what}_domain_name", f"{what}_domain_id")
        for what, by_name in (
            ("user", user_by_name and "username" in auth),
            ("project", "project_name" in auth and "project_id" not in auth),
        )
        if by_name and f"{what}_domain_id" in keys
    ]
    return missing + [pair for pair in domains if not any(key in auth for key in pair)]
