import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from openstack_clustering import Connection, exceptions
from tests.unit.client import fake_cloud
from tests.unit.client.fake_cloud import Answer, Cloud


class Authority:
    """A certificate authority with one certificate, for 127.0.0.1 and for clients."""

    def __init__(self, directory: Path) -> None:
        key, self.key = ec.generate_private_key(ec.SECP256R1()), directory / "key.pem"
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's authority")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM).decode()
        self.path = directory / "cert.pem"
        self.path.write_text(self.pem)
        self.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secured(authority: Authority, request: pytest.FixtureRequest) -> Iterator[Cloud]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.path, authority.key)
    if getattr(request, "param", None) == "asks for a client certificate":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.path)
    with fake_cloud.running(context) as cloud:
        cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {"api": {}}}))
        yield cloud


def ask(cloud: Cloud, **settings: object) -> object:
    with Connection(clouds=cloud.clouds(**settings)) as connection:
        return connection.cluster.get_build_info().api


def test_authority_may_be_pem_text(secured: Cloud, authority: Authority) -> None:
    assert ask(secured, cacert=authority.pem) == {}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("# Die Autorit\u00e4t von uns\n{pem}", id="a comment that is not ASCII"),
        pytest.param("\ufeff{pem}", id="a byte order mark"),
        pytest.param(
            "Certificate:\n    Data:\n        Version: 3 (0x2)\n{pem}\n", id="openssl x509 -text"
        ),
        pytest.param("\n\n{pem}\n\n# the end", id="blank lines around it"),
        pytest.param("{folded}", id="one line, as folded YAML has it"),
        pytest.param("{indented}", id="indented"),
        pytest.param("{windows}", id="ends of lines as on Windows"),
    ],
)
def test_authority_may_have_text_around_it(
    secured: Cloud, authority: Authority, tmp_path: Path, written: str
) -> None:
    pem = authority.pem
    text = written.format(
        pem=pem,
        folded=pem.replace("\n", " "),
        indented=pem.replace("\n", "\n    "),
        windows=pem.replace("\n", "\r\n"),
    )
    (tmp_path / "written.pem").write_bytes(text.encode())

    assert ask(secured, cacert=text) == {}
    assert ask(secured, cacert=str(tmp_path / "written.pem")) == {}


@pytest.mark.parametrize("blank", ["", "\n", " \n\n", None])
def test_blank_authority_is_none(cloud: Cloud, blank: str | None) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {"api": {}}}))

    assert ask(cloud, cacert=blank, cert=blank, key=blank) == {}


def test_authority_may_be_a_file(secured: Cloud, authority: Authority) -> None:
    assert ask(secured, cacert=str(authority.path)) == {}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_may_be_turned_off(secured: Cloud) -> None:
    assert ask(secured, verify=False, cacert="is ignored") == {}


def test_unknown_authority_is_a_failure_before_sending(secured: Cloud) -> None:
    with pytest.raises(exceptions.ConnectFailure, match="certificate is not trusted") as caught:
        ask(secured)

    assert caught.value.sent is False
    assert secured.requests == []


def test_configured_authority_is_the_only_one(
    secured: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.path))
    (tmp_path / "another").mkdir()

    with pytest.raises(exceptions.ConnectFailure, match="certificate is not trusted"):
        ask(secured, cacert=Authority(tmp_path / "another").pem)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("secured", ["asks for a client certificate"], indirect=True)
def test_client_certificate_is_shown(secured: Cloud, authority: Authority) -> None:
    files = {"cert": str(authority.path), "key": str(authority.key)}

    assert ask(secured, cacert=authority.pem, **files) == {}
    assert ask(secured, verify=False, **files) == {}
    texts = {"cert": authority.pem, "key": authority.key.read_text()}
    assert ask(secured, cacert=authority.pem, **texts) == {}
    assert ask(secured, cacert=authority.pem, cert=texts["key"] + texts["cert"]) == {}
    with pytest.raises(exceptions.ConnectFailure):
        ask(secured, cacert=authority.pem)


def test_encrypted_key_is_refused_and_nobody_is_asked(cloud: Cloud, authority: Authority) -> None:
    key = load_pem_private_key(authority.key.read_bytes(), None)
    encryption = BestAvailableEncryption(b"hunter2")
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    with pytest.raises(exceptions.ConfigException, match="`cert` of the cloud test, with its"):
        ask(cloud, cert=authority.pem, key=encrypted)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cacert": "/nowhere/ca.pem"}, "`cacert` of the cloud test cannot be used: No such file"),
        ({"cacert": "x\0y"}, "`cacert` of the cloud test cannot be used: it is not a path"),
        ({"cacert": "-----BEGIN CERTIFICATE-----\nhunter2\n"}, "has no certificate in PEM form"),
        (
            {"cacert": "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----"},
            "`cacert` of the cloud test cannot be used: ",
        ),
        (
            {"cacert": "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----"},
            "`cacert` of the cloud test has a private key, which belongs into `key`",
        ),
        (
            {"cert": "/nowhere/c.pem"},
            "`cert` of the cloud test, with its `key`, cannot be used: No",
        ),
        (
            {"cert": "-----BEGIN hunter2"},
            "`cert` of the cloud test, with its `key`, cannot be used",
        ),
    ],
)
def test_unusable_certificate_is_named(
    cloud: Cloud, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(exceptions.ConfigException, match=message) as caught:
        ask(cloud, **settings)

    assert "hunter2" not in str(caught.value)


def test_broken_certificate_among_good_ones_is_an_error(cloud: Cloud, authority: Authority) -> None:
    broken = authority.pem.replace("MII", "MIX", 1)

    with pytest.raises(exceptions.ConfigException, match="`cacert` of the cloud test cannot"):
        ask(cloud, cacert=authority.pem + broken)
