"""The way to the API server: address, proxy, TLS and credentials, in one place.

All requests of the process take it: the operator's own, and kopf's lists and watches.
"""

import os
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from senlin_operator.kube import fencing, kubeconfig
from senlin_operator.kube.kubeconfig import AccessError, Context
from senlin_operator.kube.login import Content, Identity, content, login
from senlin_operator.kube.proxies import BadProxy, checked, proxy_for

USER_AGENT = "senlin-operator"
_BUFFER = 2**21  # bytes; one event of a watch may be large
_UNAUTHORIZED = 401


class Access:
    """A factory of sessions, each of whose requests has the present credentials.

    Attributes:
        server: The URL of the API server, without a slash at its end.
        namespace: The one that the context of the kubeconfig names.
    """

    def __init__(self, context: Context, environ: Mapping[str, str]) -> None:
        """Understand a context.

        Raises:
            AccessError: A field of it cannot be used.
        """
        cluster = context.cluster
        self.server = _server(context)
        self.namespace = context.namespace
        # As client-go, it sends no credentials in the clear: `kubectl proxy` asks for none.
        secure = self.server.startswith("https:")
        self._login = login(context if secure else Context(cluster, {}))
        self._server_name = cluster.get("tls-server-name")
        authority = content(cluster, "certificate-authority")
        self._tls = _Tls(authority, verify=not cluster.get("insecure-skip-tls-verify"))
        try:
            given = cluster.get("proxy-url")  # for it, NO_PROXY does not count
            self._proxy = checked(given, "proxy-url") if given else proxy_for(self.server, environ)
        except BadProxy as error:
            raise AccessError(str(error)) from None

    @classmethod
    async def load(cls, path: str | None, context: str | None = None) -> "Access":
        """Return the access of a kubeconfig, or of the pod, and try to get its credentials.

        Args:
            path: The file; None: as `kubeconfig.find` says.
            context: The name of a context; None: the current one.

        Raises:
            AccessError: No access is configured, or it cannot be used.
            OSError: A file cannot be read.
        """
        access = cls(kubeconfig.find(path, os.environ, context=context), os.environ)
        identity = await access._login.identity()
        if access.server.startswith("https:"):
            access._tls.context(identity.certificate)
        return access

    def session(
        self,
        *middlewares: aiohttp.ClientMiddlewareType,
        traces: Sequence[aiohttp.TraceConfig] = (),
    ) -> aiohttp.ClientSession:
        """Return a session; the caller closes it.

        The environment is not read again for each request, as aiohttp would do it, .netrc included.

        Args:
            middlewares: They see a request before it has credentials.
            traces: They see it when its connection stands.
        """
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, socket_factory=fencing.open_socket),
            trace_configs=list(traces),
            headers={"User-Agent": USER_AGENT},
            middlewares=(*middlewares, self._authorize),
            proxy=self._proxy,
            read_bufsize=_BUFFER,
        )

    async def _authorize(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request with the present credentials, and again if there are newer ones."""
        try:
            identity = await self._login.identity()
            self._sign(request, identity)
            response = await handler(request)
            if response.status != _UNAUTHORIZED:
                return response
            renewed = await self._login.renewed(identity)
            if renewed == identity:
                return response
            response.close()
            self._sign(request, renewed)
            return await handler(request)
        except AccessError as error:
            raise aiohttp.ClientConnectionError(str(error)) from None
        except aiohttp.ClientHttpProxyError as error:  # kopf ends the process by this type
            text = f"the proxy answers {error.status} {error.message}"
            raise aiohttp.ClientConnectionError(text) from None

    def _sign(self, request: aiohttp.ClientRequest, identity: Identity) -> None:
        for name in {name for name, _ in identity.headers}:
            request.headers.popall(name, None)
        for name, value in identity.headers:
            request.headers.add(name, value)
        if request.is_ssl():
            # Part of the key by which connections are kept: a renewed certificate makes new ones.
            request._ssl = self._tls.context(identity.certificate)
            request.server_hostname = self._server_name


class _Tls:
    """The context of TLS for the present certificates."""

    def __init__(self, authority: Content | None, *, verify: bool) -> None:
        if authority and not verify:  # client-go refuses it, too
            text = "the kubeconfig has certificate-authority and insecure-skip-tls-verify."
            raise AccessError(text)
        self._authority = authority
        self._verify = verify
        self._made_of: tuple[bytes, tuple[bytes, bytes] | None] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self, certificate: tuple[bytes, bytes] | None) -> ssl.SSLContext:
        """Return the context; that of the last certificates if the present ones cannot be read.

        Raises:
            AccessError: The first ones cannot be read.
        """
        wanted = (self._authority() if self._authority else b"", certificate)
        if self._context is None or wanted != self._made_of:
            try:
                self._context = _context(*wanted, verify=self._verify)
            except (ssl.SSLError, ValueError):
                if self._context is None:
                    text = "a certificate or a key of the kubeconfig is not readable PEM."
                    raise AccessError(text) from None
            self._made_of = wanted
        return self._context


def _context(
    authority: bytes, certificate: tuple[bytes, bytes] | None, *, verify: bool
) -> ssl.SSLContext:
    data = authority.decode("ascii", "ignore") or None
    context = ssl.create_default_context(cadata=data)
    # Python 3.13 asks for extensions that many clusters' certificates lack; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        with tempfile.TemporaryDirectory() as directory:  # only its owner may enter it
            file, key = Path(directory) / "certificate", Path(directory) / "key"
            file.write_bytes(certificate[0])
            key.write_bytes(certificate[1])
            context.load_cert_chain(file, key)
    return context


def _server(context: Context) -> str:
    server = str(context.cluster.get("server") or "").rstrip("/")
    if not server:
        raise AccessError("the kubeconfig's cluster has no server.")
    return server if "://" in server else f"http://{server}"
