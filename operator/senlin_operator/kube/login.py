"""Who the operator is for the API server: the user of a kubeconfig, as kubectl reads it.

Source: k8s.io/client-go, packages transport and plugin/pkg/client/auth/exec.
"""

import asyncio
import base64
import binascii
import json
import os
from asyncio.subprocess import PIPE
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from senlin_operator.kube.kubeconfig import AccessError, Context
from senlin_operator.telemetry import clock

_PATIENCE = 60.0  # seconds for an exec plugin
_OIDC = "oidc"
_OF_HEADERS = "!#$&'*+.^|"  # what a header's name may have beside what `quote` spares
Content = Callable[[], bytes]
_Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the operator is in one request."""

    headers: tuple[tuple[str, str], ...] = ()
    certificate: tuple[bytes, bytes] | None = None  # PEM: certificate, key


class Login(Protocol):
    """A source of identities, which may change while the process runs."""

    async def identity(self) -> Identity:
        """Return the present identity.

        Raises:
            AccessError: There is none.
        """

    async def renewed(self, refused: Identity) -> Identity:
        """Return the identity after the API server has refused one (401).

        Raises:
            AccessError: There is none.
        """


def login(context: Context) -> Login:
    """Return the login of a context's user.

    Raises:
        AccessError: The user cannot be understood.
    """
    user = context.user
    provider = (user.get("auth-provider") or {}).get("name")
    explicit = any(user.get(name) for name in ("token", "tokenFile", "username"))
    if provider and provider != _OIDC:
        raise AccessError(f"the kubeconfig's auth-provider {provider} is not available: use exec.")
    if provider:
        return _Oidc(user)
    if user.get("exec") and not explicit and not _certificate(user):
        return _Exec(context)
    return _Given(user)


class File:
    """The content of a file, which is read again when the file has changed."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._version: tuple[int, ...] | None = None
        self._content = b""

    def __call__(self) -> bytes:
        """Return the present content; if the file cannot be read any more, the last one.

        Raises:
            AccessError: It could never be read.
        """
        try:
            stat = self._path.stat()
            version = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if version != self._version:
                self._content, self._version = self._path.read_bytes(), version
        except OSError as error:
            if self._version is None:
                raise AccessError(f"{self._path} cannot be read: {error.strerror}.") from None
        return self._content


def content(entry: _Entry, name: str) -> Content | None:
    """Return what the field `<name>-data` has (Base64), else what the file in `<name>` has.

    Raises:
        AccessError: The data is not Base64.
    """
    if data := entry.get(f"{name}-data"):
        try:
            decoded = base64.b64decode(data, validate=False)
        except (binascii.Error, TypeError, ValueError):
            raise AccessError(f"the kubeconfig's {name}-data is not Base64.") from None
        return lambda: decoded
    return File(entry[name]) if entry.get(name) else None


class _Given:
    """A token, a token in a file, a password, a client certificate; all but a password renewed."""

    def __init__(self, user: _Entry) -> None:
        self._user = user
        self._certificate = _certificate(user)
        self._token = File(user["tokenFile"]) if user.get("tokenFile") else None

    async def identity(self) -> Identity:
        pair = self._certificate
        return Identity(
            (*self._authorization(), *_impersonation(self._user)),
            (pair[0](), pair[1]()) if pair else None,
        )

    async def renewed(self, refused: Identity) -> Identity:
        return await self.identity()

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        user = self._user
        # If there are both, the file wins (client-go, transport.NewBearerAuthWithRefresh…).
        token = self._token().decode().strip() if self._token else str(user.get("token") or "")
        if token:
            return _bearer(token)
        if user.get("username"):
            pair = f"{user['username']}:{user.get('password', '')}"
            return (("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),)
        return ()


class _Exec:
    """A program that prints credentials (client.authentication.k8s.io), with their expiry."""

    def __init__(self, context: Context) -> None:
        self._plugin = context.user["exec"]
        self._user = context.user
        self._lock = asyncio.Lock()
        self._identity: Identity | None = None
        self._expires: datetime | None = None
        for field in ("command", "apiVersion"):
            if not self._plugin.get(field):
                raise AccessError(f"the kubeconfig's exec has no {field}.")
        if self._plugin.get("interactiveMode") == "Always":
            text = "the kubeconfig's exec asks a person (interactiveMode Always); nobody is here."
            raise AccessError(text)
        info = {
            "kind": "ExecCredential",
            "apiVersion": self._plugin["apiVersion"],
            "spec": {"interactive": False, **_cluster_info(self._plugin, context.cluster)},
        }
        given = {it["name"]: str(it["value"]) for it in self._plugin.get("env") or ()}
        self._environ = {**given, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    async def identity(self) -> Identity:
        async with self._lock:  # concurrent requests run the program once
            expired = self._expires is not None and clock.utcnow() >= self._expires
            return await self._run() if self._identity is None or expired else self._identity

    async def renewed(self, refused: Identity) -> Identity:
        async with self._lock:
            if self._identity is None or self._identity == refused:
                return await self._run()
            return self._identity

    async def _run(self) -> Identity:
        status = await self._status()
        token, pair = status.get("token"), _certificate_of(status)
        if not token and not pair:
            raise self._failed("printed neither a token nor a certificate with its key")
        headers = (*(_bearer(token) if token else ()), *_impersonation(self._user))
        try:
            self._expires = _time(status.get("expirationTimestamp"))
        except ValueError:
            raise self._failed("printed an expirationTimestamp that is no time") from None
        self._identity = Identity(headers, pair)
        return self._identity

    async def _status(self) -> _Entry:
        printed = await self._output()
        try:
            document = json.loads(printed)
            if document["apiVersion"] != self._plugin["apiVersion"]:
                raise self._failed(f"answers in the version {document['apiVersion']}")
            return dict(document["status"])
        except (ValueError, KeyError, TypeError):
            raise self._failed("printed no ExecCredential") from None

    async def _output(self) -> bytes:
        """Return what the program prints; what it says to people goes where our log goes."""
        command = [self._plugin["command"], *map(str, self._plugin.get("args") or ())]
        environ = {**os.environ, **self._environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE
            )
        except OSError as error:
            raise self._failed(f"cannot be run: {error.strerror}") from None
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
        except TimeoutError:
            process.kill()
            raise self._failed(f"has not ended after {_PATIENCE:.0f} seconds") from None
        if process.returncode:
            raise self._failed(f"ended with the exit code {process.returncode}")
        return printed

    def _failed(self, what: str) -> AccessError:
        return AccessError(f"the kubeconfig's exec program {self._plugin['command']} {what}.")


class _Oidc:
    """An id token, which the library renews by a refresh token; kubectl still has this provider."""

    def __init__(self, user: _Entry) -> None:
        self._user = user
        self._document = {  # the library keeps the renewed tokens in it
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {}}],
            "users": [{"name": "it", "user": user}],
        }

    async def identity(self) -> Identity:
        # Its generated models take 14 MiB, and no other login needs it.
        from kubernetes.aio import client, config

        configuration = client.Configuration()
        try:
            await config.load_kube_config_from_dict(
                self._document, client_configuration=configuration
            )
        except Exception as error:  # noqa: BLE001 - the library raises any type, and may quote a token
            text = f"the kubeconfig's auth-provider oidc gives no token ({type(error).__name__})."
            raise AccessError(text) from None
        token = configuration.api_key.get("BearerToken", "")
        return Identity((("Authorization", token), *_impersonation(self._user)))

    async def renewed(self, refused: Identity) -> Identity:
        return await self.identity()


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


def _certificate(user: _Entry) -> tuple[Content, Content] | None:
    certificate, key = (content(user, f"client-{part}") for part in ("certificate", "key"))
    if bool(certificate) != bool(key):
        raise AccessError("the kubeconfig has a client certificate or its key alone, not both.")
    return (certificate, key) if certificate and key else None


def _certificate_of(status: _Entry) -> tuple[bytes, bytes] | None:
    certificate, key = (status.get(f"client{part}Data") for part in ("Certificate", "Key"))
    return (certificate.encode(), key.encode()) if certificate and key else None


def _impersonation(user: _Entry) -> tuple[tuple[str, str], ...]:
    """Return the headers by which the API server treats the requests as another user's."""
    if not user.get("as"):
        return ()
    extra = user.get("as-user-extra") or {}
    return (
        ("Impersonate-User", user["as"]),
        *([("Impersonate-Uid", user["as-uid"])] if user.get("as-uid") else []),
        *(("Impersonate-Group", group) for group in user.get("as-groups") or ()),
        *(
            (f"Impersonate-Extra-{quote(key.lower(), safe=_OF_HEADERS)}", value)
            for key, values in extra.items()
            for value in values
        ),
    )


def _cluster_info(plugin: _Entry, cluster: _Entry) -> dict[str, Any]:
    if not plugin.get("provideClusterInfo"):
        return {}
    authority = content(cluster, "certificate-authority")
    extensions = {it["name"]: it["extension"] for it in cluster.get("extensions") or ()}
    given = {
        "server": cluster.get("server"),
        "tls-server-name": cluster.get("tls-server-name"),
        "insecure-skip-tls-verify": cluster.get("insecure-skip-tls-verify"),
        "certificate-authority-data": authority and base64.b64encode(authority()).decode(),
        "proxy-url": cluster.get("proxy-url"),
        "config": extensions.get("client.authentication.k8s.io/exec"),
    }
    return {"cluster": {name: value for name, value in given.items() if value}}


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
