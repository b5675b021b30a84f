"""Reads a credential from a Secret, and computes a label that is safe to show."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_PEM = re.compile(r"\s*-----BEGIN ")
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
        document: A clouds.yaml with this cloud alone.
        cloud: The name of the cloud in `document`.
        cacert: The certificate authorities to trust instead of the system's, in PEM form.
    """

    fingerprint: str = field(repr=False)
    label: str = field(compare=False)
    document: Mapping[str, Any] = field(compare=False, repr=False)
    cloud: str = field(compare=False)
    cacert: str | None = field(compare=False, repr=False)

    @property
    def project(self) -> str | None:
        """Return the project's name or id as the clouds.yaml gives it, if it does."""
        auth = self.document["clouds"][self.cloud].get("auth")
        given = auth if isinstance(auth, dict) else {}
        names = (given.get(name) for name in ("project_name", "project_id"))
        return next((name[:_PROJECT] for name in names if name and isinstance(name, str)), None)


def read(data: Mapping[str, str], cloud: str, where: str) -> Credential:
    """Return the credential in a Secret.

    Args:
        data: The Secret's `data`: key to base64.
        cloud: The name under `clouds` in its clouds.yaml.
        where: The name of the Secret for messages.

    Raises:
        UnreadableSecret: A key is missing, or its value is invalid.
    """
    document = _document(_text(data, "clouds.yaml", where), where)
    clouds = document.get("clouds")
    if not isinstance(clouds, dict):
        raise UnreadableSecret(f"{where}: its clouds.yaml has no map `clouds`.")
    entry = clouds.get(cloud)
    if not isinstance(entry, dict):
        known = ", ".join(sorted(map(str, clouds))) or "none"
        raise UnreadableSecret(f"{where}: its clouds.yaml has no cloud {cloud!r}; it has: {known}.")
    cacert = _certificates(data, where)
    entry = _without_files(entry, where, trusted=cacert is not None)
    try:
        digest = fingerprint({"cloud": entry, "cacert": cacert})
    except (TypeError, ValueError):  # a key that is not text, or a map that contains itself
        text = f"{where}: cloud {cloud!r} in its clouds.yaml is not made of plain maps."
        raise UnreadableSecret(text) from None
    return Credential(digest, _label(entry), {"clouds": {cloud: entry}}, cloud, cacert)


def _label(entry: Mapping[str, Any]) -> str:
    auth = entry.get("auth")
    given = auth if isinstance(auth, dict) else {}
    public = {name: value for name, value in given.items() if _PUBLIC.fullmatch(name)}
    return fingerprint({"auth": public, "region": entry.get("region_name")})[:_LABEL]


def _certificates(data: Mapping[str, str], where: str) -> str | None:
    if "cacert" not in data:
        return None
    text = _text(data, "cacert", where)
    if not _PEM.match(text):
        raise UnreadableSecret(f"{where}: the value of cacert is not a certificate in PEM form.")
    return text


def _without_files(entry: Mapping[str, Any], where: str, *, trusted: bool) -> dict[str, Any]:
    """Return the cloud without names of files: a Secret must not refer to the operator's files.

    A `cacert` that the Secret's own key replaces is common in a copied clouds.yaml, and dropped.
    """
    for name in ("cacert", "cert", "key"):
        if name in entry and not (name == "cacert" and trusted):
            raise UnreadableSecret(
                f"{where}: {name} in its clouds.yaml names a file, which the operator lacks; "
                "a certificate authority goes into the Secret's own key cacert."
            )
    return {name: value for name, value in entry.items() if name != "cacert"}


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


def _document(text: str, where: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: an invalid date
        # The error quotes the line, which may contain the password.
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise UnreadableSecret(f"{where}: its clouds.yaml is not valid YAML{line}.") from None
    if not isinstance(document, dict):
        raise UnreadableSecret(f"{where}: its clouds.yaml is not a map.")
    return document
