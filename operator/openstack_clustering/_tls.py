"""The TLS context for `cacert`, `cert` and `key`, each of which is a path or PEM text."""

import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from openstack_clustering._config import Config
from openstack_clustering._failure import tls_reason
from openstack_clustering._values import is_pem
from openstack_clustering.exceptions import ConfigException

_CERTIFICATE = re.compile(
    r"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----([^-]*)-----END \1-----"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_LINE = 64  # characters


def context(config: Config) -> ssl.SSLContext | None:
    """Return the context for the configuration; None if requests' defaults suffice.

    Raises:
        ConfigException: A certificate or a key cannot be used.
    """
    if not config.cert and not config.cacert:
        return None
    made = _trusting(config) if config.cacert else _default(config)
    if config.cert:
        try:
            with _as_file(config.cert) as cert, _as_file(config.key) as key:
                # Without a password OpenSSL would ask for one at the terminal.
                made.load_cert_chain(cert or "", key, password="")
        except (OSError, ssl.SSLError, ValueError) as error:
            what = f"`cert` of the cloud {config.name}, with its `key`,"
            raise ConfigException(f"{what} cannot be used: {_reason(error)}.") from None
    return made


def _default(config: Config) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if not config.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _trusting(config: Config) -> ssl.SSLContext:
    given = config.cacert or ""
    what = f"`cacert` of the cloud {config.name}"
    try:
        if not is_pem(given):
            if Path(given).is_dir():  # its files are read during handshakes
                return ssl.create_default_context(capath=given)
            given = Path(given).read_text(encoding="utf-8", errors="replace")
        return ssl.create_default_context(cadata=_certificates(given, what))
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigException(f"{what} cannot be used: {_reason(error)}.") from None


def _certificates(pem: str, what: str) -> str:
    """Return the certificates in a bundle without what tools and people write around them.

    OpenSSL itself skips the first one behind a byte order mark, and Python refuses comments that
    are not ASCII. The lines are broken again, as folded YAML joins them.
    """
    if _PRIVATE_KEY.search(pem):
        raise ConfigException(f"{what} has a private key, which belongs into `key`.")
    found = [
        f"-----BEGIN {label}-----\n{_broken(body)}-----END {label}-----\n"
        for label, body in _CERTIFICATE.findall(pem)
    ]
    if not found:
        raise ConfigException(f"{what} has no certificate in PEM form.")
    return "".join(found)


def _broken(body: str) -> str:
    text = "".join(body.split())
    return "".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE))


@contextmanager
def _as_file(value: str | None) -> Iterator[str | None]:
    """Yield the path of a file with the PEM text: Python loads a client certificate from files."""
    if value is None or not is_pem(value):
        yield value
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # only its owner may read it
        file.write(value)
        file.flush()
        yield file.name


def _reason(error: Exception) -> str:
    """Return the reason without the file's content, which may be a key."""
    if isinstance(error, ssl.SSLError):
        return tls_reason(error) or "it is not a PEM certificate"
    return getattr(error, "strerror", None) or "it is not a path"
