"""Credentials that are renewed while the operator runs, without an interruption."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.pki import issue
from senlin_operator.kube.client import KubeClient, KubeError
from tests.access.judge import who
from tests.access.kubeconfigs import Document, Parts, document, written

Connect = Callable[[Document], Any]


@pytest.fixture
async def connect(parts: Parts) -> AsyncIterator[Connect]:
    """Return a function that connects to the API server as this user of a kubeconfig."""
    clients = []

    async def connected(user: Document) -> KubeClient:
        kube = await KubeClient.connect(
            str(written(parts.directory, document(parts.cluster, user))), {}
        )
        clients.append(kube)
        return kube

    yield connected
    for kube in clients:
        await kube.close()


def certify(sandbox: Sandbox, directory: Path, user: str) -> None:
    """Put a certificate of the user into the directory, as cert-manager or kubelet would."""
    pki = sandbox.directory / "pki"
    issue(pki, user, user)
    for ending in ("crt", "key"):
        shutil.move(pki / f"{user}.{ending}", directory / f"me.{ending}")


async def test_a_client_certificate_in_files(
    connect: Connect, parts: Parts, sandbox: Sandbox
) -> None:
    certify(sandbox, parts.directory, "jane")
    kube = await connect({"client-certificate": "me.crt", "client-key": "me.key"})
    assert (await who(kube))[0] == "jane"

    certify(sandbox, parts.directory, "john")

    assert (await who(kube))[0] == "john"


async def test_a_half_written_certificate_is_not_used(
    connect: Connect, parts: Parts, sandbox: Sandbox
) -> None:
    certify(sandbox, parts.directory, "jane")
    kube = await connect({"client-certificate": "me.crt", "client-key": "me.key"})
    whole = (parts.directory / "me.crt").read_text()

    for content in (whole[:40], ""):
        (parts.directory / "me.crt").write_text(content)
        assert (await who(kube))[0] == "jane"
    (parts.directory / "me.crt").unlink()
    assert (await who(kube))[0] == "jane"
    certify(sandbox, parts.directory, "john")
    assert (await who(kube))[0] == "john"


async def test_a_token_in_a_file(connect: Connect, parts: Parts) -> None:
    parts.file("token", "old")
    kube = await connect({"tokenFile": "token"})
    with pytest.raises(KubeError) as refused:
        await who(kube)
    assert refused.value.status == 401

    parts.file("token", parts.token)

    assert (await who(kube))[0].startswith("system:serviceaccount:")


COUNTED = """\
count = open({file!r}, "a+"); count.write("x"); count.seek(0); number = len(count.read())
"""


def counted(parts: Parts, *statuses: Document) -> Document:
    """Return the `exec` of a program that prints one status after the other, then the last."""
    checks = COUNTED.format(file=str(parts.directory / "runs"))
    return parts.program(f"{list(statuses)!r}[min(number, {len(statuses)}) - 1]", checks)


def runs(parts: Parts) -> int:
    return len((parts.directory / "runs").read_text())


async def test_a_program_is_run_when_its_token_expires_or_is_refused(
    connect: Connect, parts: Parts
) -> None:
    lasting = {"token": parts.token, "expirationTimestamp": "2099-01-01T00:00:00Z"}
    plugin = counted(
        parts,
        {"token": parts.token, "expirationTimestamp": "2020-01-01T00:00:00Z"},
        {"token": "refused", "expirationTimestamp": "2099-01-01T00:00:00Z"},
        lasting,
    )
    kube = await connect({"exec": plugin})
    assert runs(parts) == 1

    for _ in range(3):  # the first has expired, the second is refused, the third lasts
        assert (await who(kube))[0].startswith("system:serviceaccount:")

    assert runs(parts) == 3


async def test_a_program_with_another_certificate(
    connect: Connect, parts: Parts, sandbox: Sandbox
) -> None:
    statuses = []
    for user in ("jane", "john"):
        certify(sandbox, parts.directory, user)
        pair = [(parts.directory / f"me.{ending}").read_text() for ending in ("crt", "key")]
        status = dict(zip(("clientCertificateData", "clientKeyData"), pair, strict=True))
        statuses.append({**status, "expirationTimestamp": "2020-01-01T00:00:00Z"})
    kube = await connect({"exec": counted(parts, statuses[0], *statuses)})

    assert [(await who(kube))[0] for _ in range(2)] == ["jane", "john"]


async def test_a_program_that_fails_later_says_so_without_its_output(
    connect: Connect, parts: Parts
) -> None:
    checks = COUNTED.format(file=str(parts.directory / "runs"))
    checks += f'if number > 1: print("{parts.token}"); sys.exit(3)\n'
    status = json.dumps({"token": parts.token, "expirationTimestamp": "2020-01-01T00:00:00Z"})
    kube = await connect({"exec": parts.program(status, checks)})

    with pytest.raises(KubeError, match=r"bin/login ended with the exit code 3\.$") as failed:
        await who(kube)

    assert failed.value.status == 0
    assert parts.token not in str(failed.value)
