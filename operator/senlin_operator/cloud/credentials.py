"""Reads a credential from a Secret, and computes a label that is safe to show.

Who writes the Secret is not trusted: its clouds.yaml is small, names no file of the operator, and
has a kind of login that needs no person and opens no port. `openstack_clustering` sees to that.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import (
    LOGIN_KINDS,
    ClientException,
    Config,
    UnreadableText,
    read_cloud,
    read_yaml,
)

_LARGEST = 64 * 1024  # bytes of a clouds.yaml
_LABEL = 8  # characters
_PROJECT = 64  # characters of a project's name, which Keystone bounds so; a Secret does not
# The fields of `auth` that the public label may depend on. From a hash of the other fields,
# passwords could be guessed.
_PUBLIC = re.compile(
    r"auth_url|username|system_scope|(\w+_)?(user|project|domain|credential|trust)_(id|name)"
)


class UnreadableSecret(Exception):
    """The Secret has no usable credential; the message never quotes a value from it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One cloud of a clouds.yaml.

    Attributes:
        fingerprint: A hash of everything. Credentials with equal fingerprints share one session and
            one inventory. To be kept secret.
        label: A hash of the login without its secrets, for logs and metrics. A new password does
            not change it.
        config: The login, the endpoint and the settings of TLS.
    """

    fingerprint: str = field(repr=False)
    label: str = field(compare=False)
    config: Config = field(compare=False)

    @property
    def project(self) -> str | None:
        """Return the project's name or id as the clouds.yaml gives it, if it does."""
        auth = self.config.auth
        name = auth.get("project_name") or auth.get("project_id")
        return str(name)[:_PROJECT] if name else None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an administrator allows in a clouds.yaml.

    Attributes:
        login_kinds: The values of `auth_type`.
        unverified_tls: Whether `verify` may be false.
    """

    login_kinds: frozenset[str] = frozenset(LOGIN_KINDS)
    unverified_tls: bool = True


@dataclass(frozen=True, slots=True)
class CredentialsFile:
    """The content of a Secret, parsed; it may have several clouds.

    Attributes:
        where: The name of the Secret for messages.
        document: The parsed clouds.yaml.
        cacert: The certificate authorities to trust instead of the system's, in PEM form.
    """

    where: str
    document: object = field(repr=False)
    cacert: str | None = field(repr=False)


def parse(data: Mapping[str, str], where: str) -> CredentialsFile:
    """Return the content of a Secret. This may take long: call it in a thread.

    Args:
        data: The Secret's `data`: key to base64.
        where: The name of the Secret for messages.

    Raises:
        UnreadableSecret: A key is missing, too large, no text, or no YAML.
    """
    if len(data.get("clouds.yaml") or "") > _LARGEST * 4 // 3:
        limit = _LARGEST // 1024
        raise UnreadableSecret(f"{where}: its clouds.yaml is larger than {limit} KiB.")
    try:
        document = read_yaml(_text(data, "clouds.yaml", where))
    except UnreadableText as error:
        raise UnreadableSecret(f"{where}: its clouds.yaml {error}.") from None
    cacert = _text(data, "cacert", where) if "cacert" in data else ""
    return CredentialsFile(where, document, cacert if cacert.strip() else None)


def read(file: CredentialsFile, cloud: str, allowed: Allowed) -> Credential:
    """Return the credential of a cloud. This may take long: call it in a thread.

    Args:
        file: The content of the Secret.
        cloud: The name under `clouds` in its clouds.yaml.
        allowed: What it may have.

    Raises:
        UnreadableSecret: There is no such cloud, or its settings are invalid, or not allowed.
    """
    kinds = allowed.login_kinds
    try:
        config = read_cloud(file.document, cloud, cacert=file.cacert, login_kinds=kinds)
    except ClientException as error:
        sentence = str(error)
        raise UnreadableSecret(f"{file.where}: {sentence[:1].lower()}{sentence[1:]}") from None
    if not config.verify and not allowed.unverified_tls:
        raise UnreadableSecret(
            f"{file.where}: the operator allows no cloud without verify, and in {cloud} it is "
            "false. Write the certificates of a private authority under the key cacert."
        )
    settings = config._replace(tls=None)._asdict()  # which follows from the others
    return Credential(fingerprint(settings), _label(config), config)


def _label(config: Config) -> str:
    public = {name: value for name, value in config.auth.items() if _PUBLIC.fullmatch(name)}
    return fingerprint({"auth": public, "region": config.region_name})[:_LABEL]


def fingerprint(data: Mapping[str, Any] | None) -> str:
    """Return a hash that changes whenever the content of a Secret changes."""
    text = json.dumps(data or {}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(data: Mapping[str, str], key: str, where: str) -> str:
    if key not in data:
        raise UnreadableSecret(f"{where} has no key {key}.")
    try:
        return base64.b64decode(data[key], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise UnreadableSecret(f"{where}: the value of {key} is not text.") from None
