"""A release whose operator runs in pods, and the namespace that it serves."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.image.archive import REFERENCE
from sandbox import Sandbox
from tests.chart.chart import CHART, RELEASE
from tests.operator.tenant import Tenant

REPOSITORY, _ = REFERENCE.rsplit(":", 1)
IMAGE = {"repository": REPOSITORY, "pullPolicy": "Never"}  # the chart says which version
# For a release beside others: what all share is in the sandbox already.
OWN: dict[str, Any] = {"crds": {"install": False}, "rbac": {"aggregate": False}}
PATIENCE = "--timeout=90s"


class Release:
    """The chart in a namespace."""

    def __init__(self, sandbox: Sandbox, namespace: str) -> None:
        self.sandbox = sandbox
        self.namespace = namespace

    def helm(self, *arguments: str, **options: Any) -> str:
        return self.sandbox.helm(*arguments, f"--namespace={self.namespace}", **options)

    def install(self, chart: Path = CHART, **values: Any) -> None:
        """Install it, or upgrade it, and wait until it is ready."""
        given = json.dumps({"image": IMAGE, **values})
        how = ["--install", "--values=-", "--wait", PATIENCE]
        self.helm("upgrade", RELEASE, str(chart), *how, input=given)

    def test(self) -> None:
        """Run `helm test`, which fails if anything is wrong."""
        self.helm("test", RELEASE, PATIENCE)

    def uninstall(self) -> None:
        self.helm("uninstall", RELEASE, "--wait", PATIENCE)

    def pods(self) -> dict[str, dict[str, Any]]:
        """Return the operator's pods by their names."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        selector = "?labelSelector=app.kubernetes.io/component=operator"
        items = self.sandbox.kubernetes.call("GET", path + selector)["items"]
        return {pod["metadata"]["name"]: pod for pod in items}

    def gone(self, pods: Iterable[str]) -> None:
        """Wait until these pods are no more."""
        names = [f"pod/{name}" for name in pods]
        where = [f"--namespace={self.namespace}", "--timeout=60s"]
        self.sandbox.kubectl("wait", "--for=delete", *names, *where)

    def leaders(self) -> dict[str, str]:
        """Return the pod that holds each Lease."""
        return {
            lease["metadata"]["name"]: lease["spec"]["holderIdentity"].rpartition("_")[0]
            for lease in self.sandbox.kubernetes.call("GET", self.leases)["items"]
        }

    @property
    def leases(self) -> str:
        """Where they are."""
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"

    def logs(self) -> str:
        selector = "--selector=app.kubernetes.io/component=operator"
        where = [f"--namespace={self.namespace}", selector, "--prefix", "--tail=20"]
        return self.sandbox.kubectl("logs", *where, check=False)


@contextmanager
def watched(sandbox: Sandbox, path: str) -> Iterator[list[dict[str, Any]]]:
    """Fill the list, at the end, with each object there as it was before and after each change."""
    before = sandbox.kubernetes.call("GET", path)
    known: list[dict[str, Any]] = before["items"]
    yield known
    version = before["metadata"]["resourceVersion"]
    query = f"?watch=true&resourceVersion={version}&timeoutSeconds=1"
    changes = sandbox.kubectl("get", "--raw", path + query)
    known.extend(json.loads(line)["object"] for line in changes.splitlines())


class Served(Tenant):
    """A tenant whom a release serves, acting as a user with the role edit."""

    def __init__(self, release: Release, namespace: str) -> None:
        super().__init__(release.sandbox, namespace, release.logs)
        self.release = release
        user = f"user-of-{namespace}"
        role = ["--clusterrole=edit", f"--user={user}"]
        super().kubectl("create", "rolebinding", "user", *role)
        self._user = f"--kubeconfig={release.sandbox.user_kubeconfig(user)}"

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return super().kubectl(*arguments, self._user, **options)
