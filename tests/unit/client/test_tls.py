import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
    with pytest.raises(exceptions.ConnectFailure):
        ask(secured, cacert=authority.pem)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cacert": "/nowhere/ca.pem"}, "The `cacert` /nowhere/ca.pem cannot be used: No such"),
        ({"cacert": "-----BEGIN CERTIFICATE-----\nhunter2\n"}, "The PEM text of `cacert` cannot"),
        ({"cert": "/nowhere/c.pem"}, "The client certificate /nowhere/c.pem cannot be used"),
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

    with pytest.raises(exceptions.ConfigException, match="The PEM text of `cacert`"):
        ask(cloud, cacert=authority.pem + broken)
