"""The programs that run pods, and the check whether this machine can run them."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sandbox.binaries import GIVEN, POD_PACKAGES, not_given
from sandbox.pods.init import hierarchies
from tools import debian

PACKAGES = (
    "catatonit=0.1.7*",
    "containerd=1.6.20*",
    "containernetworking-plugins=1.1.1*",
    "runc=1.1.5*",
)
PROGRAMS = ("ip", "mount", "unshare")
NAMESPACES = ("--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private")
# The operations that init.py, containerd and CNI need; $1 is a directory for them.
_TRIAL = """
mkdir "$1/upper" "$1/work"
mount -t tmpfs tmpfs /run
mount -t overlay overlay -o "lowerdir=/var,upperdir=$1/upper,workdir=$1/work" /var
ip link add trial type bridge
"""


def node_tools() -> Path:
    """Return the directory with containerd, runc and CNI's plugins."""
    return debian.unpacked("node", PACKAGES)


@cache
def obstacle() -> str | None:
    """Return the reason why this machine cannot run pods, a sentence, or None."""
    if reason := debian.obstacle():
        return reason
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"{', '.join(missing)} is not on PATH."
    if missing := not_given(POD_PACKAGES):
        return f"{GIVEN} has no {', '.join(missing)}."
    if os.geteuid():
        return "it takes root."
    if not all(os.access(hierarchy, os.W_OK) for hierarchy in hierarchies()):
        return "control groups cannot be created."
    with tempfile.TemporaryDirectory() as directory:
        trial = subprocess.run(
            ["unshare", "--net", *NAMESPACES, "sh", "-ec", _TRIAL, "sh", directory],
            capture_output=True,
            text=True,
        )
    return trial.stderr.strip() if trial.returncode else None
