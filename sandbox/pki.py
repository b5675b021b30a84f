"""Keys and certificates: authorities of the sandbox's own, thrown away with it."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=365)
SERVER_NAMES = [
    x509.DNSName("localhost"),
    x509.DNSName("kubernetes.default.svc"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
]


def make_cloud_pki(directory: Path) -> None:
    """Write `ca`, a private authority as clouds have it, and `openstack`, which it has signed."""
    directory.mkdir(parents=True, exist_ok=True)
    _make_authority(directory, "ca")
    issue(directory, "openstack", "openstack", server=True)


def make_pki(directory: Path) -> None:
    """Write the control plane's `ca`, `front-proxy-ca`, what they sign, and keys for tokens."""
    directory.mkdir(parents=True, exist_ok=True)
    _make_authority(directory, "ca")
    _make_authority(directory, "front-proxy-ca")
    issue(directory, "kube-apiserver", "kube-apiserver", server=True)
    issue(directory, "kube-controller-manager-server", "localhost", server=True)
    issue(directory, "admin", "sandbox-admin", ["system:masters"])
    issue(directory, "kube-controller-manager", "system:kube-controller-manager")
    issue(directory, "front-proxy-client", "front-proxy-client", authority="front-proxy-ca")
    tokens = ec.generate_private_key(ec.SECP256R1())
    _write_key(directory / "service-accounts.key", tokens)
    # kube-apiserver wants the public half in a file of its own: it refuses a private EC key there.
    public = tokens.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (directory / "service-accounts.pub").write_bytes(public)


def issue(
    directory: Path,
    file: str,
    user: str,
    groups: list[str] | None = None,
    *,
    server: bool = False,
    authority: str = "ca",
) -> None:
    """Write `<file>.crt` and `<file>.key`: a client's, or a server's on loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(_name(user, groups or []), key).add_extension(
        x509.ExtendedKeyUsage([purpose]), critical=False
    )
    if server:
        builder = builder.add_extension(x509.SubjectAlternativeName(SERVER_NAMES), critical=False)
    signer = x509.load_pem_x509_certificate((directory / f"{authority}.crt").read_bytes())
    signing_key = serialization.load_pem_private_key(
        (directory / f"{authority}.key").read_bytes(), password=None
    )
    assert isinstance(signing_key, ec.EllipticCurvePrivateKey)  # noqa: S101  # narrows: we made it
    certificate = builder.issuer_name(signer.subject).sign(signing_key, hashes.SHA256())
    _write_pair(directory, file, certificate, key)


def _make_authority(directory: Path, file: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"sandbox-{file}", [])
    builder = _builder(name, key, authority=True).issuer_name(name)
    _write_pair(directory, file, builder.sign(key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool = False
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )


def _name(user: str, groups: list[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _write_pair(
    directory: Path, file: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    (directory / f"{file}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(directory / f"{file}.key", key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
