"""Keys and certificates of a sandbox, from private authorities that are deleted with it."""

import datetime
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER_NAMES = ("localhost", "kubernetes.default.svc", "127.0.0.1", "10.0.0.1")
CLIENT_LIFETIME = datetime.timedelta(days=365)


def make_cloud_pki(directory: Path) -> None:
    """Write `ca`, a private authority as clouds have it, and `openstack`, which it has signed."""
    directory.mkdir(parents=True, exist_ok=True)
    _make_authority(directory, "ca")
    issue(directory, "openstack", "openstack", server=True)


def make_octavia_pki(directory: Path) -> None:
    """Write `ca`, the authority with which Octavia issues certificates for its load balancers."""
    directory.mkdir(parents=True, exist_ok=True)
    _make_authority(directory, "ca")


def make_pki(directory: Path) -> None:
    """Write the control plane's authorities and certificates, and the key that signs tokens."""
    directory.mkdir(parents=True, exist_ok=True)
    _make_authority(directory, "ca")
    _make_authority(directory, "front-proxy-ca")
    issue(directory, "kube-apiserver", "kube-apiserver", server=True)
    issue(directory, "kube-controller-manager-server", "localhost", server=True)
    issue(directory, "admin", "sandbox-admin", ["system:masters"])
    issue(directory, "kube-controller-manager", "system:kube-controller-manager")
    issue(directory, "front-proxy-client", "front-proxy-client", authority="front-proxy-ca")
    # kube-apiserver reads the public key from the certificate: it refuses a private EC key there.
    issue(directory, "service-accounts", "service-accounts", server=True)


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
    signer = trustme.CA.from_pem(
        (directory / f"{authority}.crt").read_bytes(), (directory / f"{authority}.key").read_bytes()
    )
    if server:
        issued = signer.issue_cert(*SERVER_NAMES, common_name=user)
        certificate, key = issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes()
    else:
        certificate, key = _client(signer, user, groups or [])
    _write_pair(directory, file, certificate, key)


def _make_authority(directory: Path, file: str) -> None:
    authority = trustme.CA(organization_name="senlin-sandbox", organization_unit_name=file)
    _write_pair(directory, file, authority.cert_pem.bytes(), authority.private_key_pem.bytes())


def _client(signer: trustme.CA, user: str, groups: list[str]) -> tuple[bytes, bytes]:
    """Return a client's certificate and key.

    trustme gives every certificate exactly one organization, by default its own name. Kubernetes
    takes the organizations for the user's groups, of which there may be none, or several.
    """
    signing_key = serialization.load_pem_private_key(signer.private_key_pem.bytes(), password=None)
    assert isinstance(signing_key, ec.EllipticCurvePrivateKey)  # noqa: S101  # trustme's default
    key = ec.generate_private_key(ec.SECP256R1())
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(
            subject_name=x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)]),
            issuer_name=x509.load_pem_x509_certificate(signer.cert_pem.bytes()).subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(hours=1),
            not_valid_after=now + CLIENT_LIFETIME,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signing_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    return (
        certificate.public_bytes(pem),
        key.private_bytes(pem, private, serialization.NoEncryption()),
    )


def _write_pair(directory: Path, file: str, certificate: bytes, key: bytes) -> None:
    (directory / f"{file}.crt").write_bytes(certificate)
    (directory / f"{file}.key").touch(mode=0o600)
    (directory / f"{file}.key").write_bytes(key)
