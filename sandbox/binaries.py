"""Programs in Go, built once; those of Kubernetes may come from `KUBEBUILDER_ASSETS`."""

import os
from collections.abc import Iterable
from pathlib import Path

from sandbox.errors import SandboxError
from tools.golang import Build

HERE = Path(__file__).parent
GIVEN = "KUBEBUILDER_ASSETS"  # names a directory of ready programs
KUBERNETES_MODULE = HERE / "go" / "kubernetes"
KUBERNETES = "1.37.2"
CYCLONUS_MODULE = HERE / "go" / "cyclonus"
CYCLONUS = "0.5.6"
HEALTH_MODULE = HERE / "go" / "health"
KSTATUS = "0.37.2"
KUBE_STATE_METRICS_MODULE = HERE / "go" / "kube-state-metrics"
KUBE_STATE_METRICS = "2.18.0"

# In the order that compiles least twice: kubelet alone takes 5 minutes, after the others 25
# seconds.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
POD_PACKAGES = {
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}
# Without a version the server calls itself v0.0.0-master, which fails every client's skew check.
_VERSION = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES.split(".")
FLAGS = [
    "-trimpath",
    f"-ldflags=-s -w -X {_VERSION}.gitVersion=v{KUBERNETES}"
    f" -X {_VERSION}.gitMajor={_MAJOR} -X {_VERSION}.gitMinor={_MINOR}",
]


def kubernetes_binaries(*, pods: bool = False) -> Path:
    """Return the directory of etcd, kube-apiserver, kube-controller-manager and kubectl.

    Without `KUBEBUILDER_ASSETS`, which names a directory that has them, they are built.

    Args:
        pods: Whether kubelet and kube-scheduler must be there, too.
    """
    packages = PACKAGES | (POD_PACKAGES if pods else {})
    if given := os.environ.get(GIVEN):
        if missing := not_given(packages):
            raise SandboxError(
                f"{GIVEN} is {given}, which has no {', '.join(missing)}. "
                "Add what is missing, or unset the variable to have all of them built."
            )
        return Path(given).absolute()
    return Build("kubernetes", KUBERNETES, KUBERNETES_MODULE, packages, FLAGS, 7).built()


def cyclonus_binary() -> Path:
    """Return Cyclonus, which evaluates NetworkPolicies; it is built if the cache has none."""
    packages = {"cyclonus": "github.com/mattfenwick/cyclonus/cmd/cyclonus"}
    flags = ["-trimpath", "-ldflags=-s -w"]
    return Build("cyclonus", CYCLONUS, CYCLONUS_MODULE, packages, flags, 2).built() / "cyclonus"


def health_binary() -> Path:
    """Return the program that says what kstatus and Argo CD make of an object; built if need be."""
    flags = ["-trimpath", "-ldflags=-s -w"]
    build = Build("health", f"with kstatus {KSTATUS}", HEALTH_MODULE, {"health": "."}, flags, 1)
    return build.built() / "health"


def kube_state_metrics_binary() -> Path:
    """Return kube-state-metrics; it is built if the cache has none."""
    name, module = "kube-state-metrics", KUBE_STATE_METRICS_MODULE
    packages = {name: "k8s.io/kube-state-metrics/v2"}
    flags = ["-trimpath", "-ldflags=-s -w"]
    return Build(name, KUBE_STATE_METRICS, module, packages, flags, 2).built() / name


def not_given(programs: Iterable[str]) -> list[str]:
    """Return the programs that `KUBEBUILDER_ASSETS` lacks; none if it is not set."""
    given = os.environ.get(GIVEN)
    return [it for it in programs if given and not os.access(Path(given) / it, os.X_OK)]
