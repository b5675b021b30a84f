"""Releases in real pods, in namespaces that enforce pod security `restricted`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.image.archive import image_archive
from sandbox import Sandbox
from sandbox.errors import SandboxError
from sandbox.pki import issue, make_cloud_pki
from tests.chart.chart import CHART, RELEASE
from tests.chart.pods.release import OWN, PATIENCE, Release, Served

HOME = "senlin-operator"


@pytest.fixture
def bare() -> Iterator[Sandbox]:
    """A sandbox with pods and the operator's image, but nothing else of ours."""
    with Sandbox.up(audit=True, pods=True) as bare, bare.inside():
        bare.import_image(image_archive())
        bare.kubectl("create", "namespace", HOME)
        label = "pod-security.kubernetes.io/enforce=restricted"
        bare.kubectl("label", "namespace", HOME, label)
        yield bare


def test_from_the_installation_to_the_uninstallation(bare: Sandbox, tmp_path: Path) -> None:
    release = Release(bare, HOME)
    bare.kubectl("create", "namespace", "team")

    release.install()
    release.test()
    tenant = Served(release, "team")
    before = tenant.quickstart()
    old = release.pods()

    release.install(settings={"logLevel": "debug"})
    release.gone(old)
    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    assert tenant.ready()["status"]["id"] == before["status"]["id"]

    with pytest.raises(SandboxError) as refusal:
        release.uninstall()
    assert "senlinclusters/web in the namespace team" in str(refusal.value)
    release.helm("rollback", RELEASE, "2", "--wait", PATIENCE)
    assert "STATUS: deployed" in release.helm("status", RELEASE)

    assert refusals(bare, f"system:serviceaccount:{HOME}:{RELEASE}") == []
    release.helm("uninstall", RELEASE, "--no-hooks", "--wait", PATIENCE)
    bare.kubectl("delete", "namespace", HOME, "--timeout=60s")
    bare.kubectl("delete", "namespace", "team", "--wait=false")
    assert tenant.get("SenlinCluster", "web")  # no operator is left to remove its finalizer

    bare.kubectl("create", "namespace", HOME)
    release.install()
    bare.kubectl("wait", "--for=delete", "namespace/team", "--timeout=60s")
    assert tenant.clusters() == tenant.profiles() == []
    release.uninstall()
    bare.kubectl("delete", "namespace", HOME, "--timeout=60s")


def test_the_standby_takes_over_from_a_killed_leader(served: Served) -> None:
    release = served.release
    served.quickstart()
    [killed] = release.leaders().values()

    release.sandbox.kubectl(
        "delete", "pod", killed, f"--namespace={release.namespace}", "--grace-period=0", "--force"
    )
    release.test()

    [leads] = release.leaders().values()
    assert leads in release.pods()
    assert leads != killed
    served.kubectl("scale", "senlincluster/web", "--replicas=2")
    served.ready()


@pytest.mark.thorough
def test_a_release_that_does_not_lead_fails_its_test(release: Release) -> None:
    release.install(**OWN, watchNamespaces=[release.namespace])
    home = f"--namespace={release.namespace}"
    release.sandbox.kubectl("scale", f"deployment/{RELEASE}", "--replicas=0", home)
    release.sandbox.kubectl("wait", "--for=delete", "pod", "--all", home, "--timeout=60s")

    with pytest.raises(SandboxError) as failure:
        release.test()

    assert "Nobody leads by Lease senlin-operator" in str(failure.value)
    assert "0 of 2 pods are ready" in str(failure.value)


def test_a_hardened_release_whose_namespace_is_deleted(release: Release, tmp_path: Path) -> None:
    """It serves its metrics by HTTPS to who may read them, and is uninstalled all the same."""
    gone = f"{release.namespace}-gone"
    release.sandbox.kubectl("create", "namespace", gone)
    hardened = yaml.safe_load((CHART / "hardened-values.yaml").read_text())
    values = {**hardened, **OWN, "metricsService": {"tlsSecret": tls_secret(release, tmp_path)}}
    release.install(**values, watchNamespaces=[release.namespace, gone])

    release.test()

    release.sandbox.kubectl("delete", "namespace", gone, "--timeout=60s")
    release.uninstall()
    assert release.helm("list", "--short") == ""


def tls_secret(release: Release, directory: Path) -> str:
    """Make a Secret as cert-manager does; return its name."""
    make_cloud_pki(directory)
    issue(directory, "tls", "metrics", server=True)
    files = [f"--from-file={directory / name}" for name in ("tls.crt", "tls.key", "ca.crt")]
    home = f"--namespace={release.namespace}"
    release.sandbox.kubectl("create", "secret", "generic", "metrics-tls", *files, home)
    return "metrics-tls"


def refusals(sandbox: Sandbox, user: str) -> list[str]:
    """Return what the API server has forbidden somebody."""
    entries = sandbox.audit(user=user)
    assert entries
    return [it["requestURI"] for it in entries if it["responseStatus"]["code"] == 403]
