"""The one node of a sandbox that runs pods: kubelet and containerd."""

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from string import Template

import requests

from sandbox.control_plane import ControlPlane
from sandbox.errors import SandboxError
from sandbox.pki import issue
from sandbox.pods.init import hierarchies
from sandbox.pods.tools import NAMESPACES
from sandbox.servers import Server
from sandbox.settings import Settings
from tools.cache import fingerprint
from tools.oci import write_archive
from tools.run import Command, run

HERE = Path(__file__).parent
NAME = "node"
PAUSE_IMAGE = "sandbox.invalid/pause:1"
CLEAN_UP_SECONDS = 10
POLL_SECONDS = 0.05


class Node:
    """The node's files, its server, and operations on its images."""

    def __init__(self, settings: Settings, kubernetes: ControlPlane, tools: Path) -> None:
        self._settings, self._kubernetes, self._tools = settings, kubernetes, tools
        self._directory = settings.directory
        self._cgroup = f"senlin-sandbox-{fingerprint([str(self._directory)])}"
        self.server = Server(
            "node",
            self._directory,
            [
                "unshare",
                *NAMESPACES,
                "--kill-child",  # the first process of a pid namespace, and so all
                sys.executable,
                HERE / "init.py",
                *(self._directory, self._tools, kubernetes.binaries),
                *(self._cgroup, NAME, settings.address),
            ],
            is_ready=self._is_ready,
            after=["kube-apiserver"],
            patience=0,  # unshare ignores SIGTERM, and tests want pods to be killed
        )

    def prepare(self) -> None:
        """Write the files that kubelet and containerd read."""
        (self._directory / "cni").mkdir(exist_ok=True)
        self._kubernetes.user_kubeconfig(f"system:node:{NAME}", ["system:nodes"])
        issue(self._directory / "pki", "kubelet", NAME, server=True)
        self._render("containerd.toml", self._directory / "containerd.toml")
        self._render("kubelet.yaml", self._directory / "kubelet.yaml")
        self._render("network.json", self._directory / "cni" / "network.conflist")
        self._pack_pause_image()

    def import_image(self, archive: Path) -> None:
        """Load an image into the node.

        Raises:
            ToolError: containerd refuses the archive.
        """
        self._images("import", archive.absolute())

    def tag_image(self, image: str, name: str) -> None:
        """Add a name to an image of the node.

        Raises:
            ToolError: The node does not have the image.
        """
        self._images("tag", image, name)

    def remove_cgroups(self) -> None:
        """Wait until the node's processes have ended, and remove its control groups.

        Raises:
            SandboxError: Some processes of the node do not end.
        """
        groups = [hierarchy / self._cgroup for hierarchy in hierarchies()]
        deadline = time.monotonic() + CLEAN_UP_SECONDS
        while left := [group for group in groups if group.exists()]:
            if time.monotonic() > deadline:
                raise SandboxError(f"There are still processes in {left[0]}.")
            for group in left:
                _remove(group)
            time.sleep(POLL_SECONDS)

    def _images(self, *arguments: str | Path) -> None:
        # A relative path: the path of a socket may have at most 107 characters.
        ctr: Command = [self._tools / "usr/bin/ctr", "--address=containerd.sock"]
        run([*ctr, "--namespace=k8s.io", "images", *arguments], cwd=self._directory)

    def _render(self, template: str, file: Path) -> None:
        values = {
            "address": self._settings.address,
            "cgroup": f"/{self._cgroup}",
            "pause": PAUSE_IMAGE,
            "tools": self._tools,
        }
        file.write_text(Template((HERE / template).read_text()).substitute(values))

    def _pack_pause_image(self) -> None:
        """Pack podman's pause program, which only holds a pod's Linux namespaces."""
        root = self._directory / "pause"
        root.mkdir(exist_ok=True)
        shutil.copy(self._tools / "usr/bin/catatonit", root / "pause")
        config = {"Entrypoint": ["/pause", "-P"]}
        write_archive(self._directory / "pause.tar", PAUSE_IMAGE, root, config)

    def _is_ready(self) -> bool:
        try:
            node = self._kubernetes.call("GET", f"/api/v1/nodes/{NAME}")
        except requests.RequestException:
            return False
        conditions = {it["type"]: it["status"] for it in node["status"].get("conditions", ())}
        return conditions.get("Ready") == "True"


def _remove(group: Path) -> None:
    for child in sorted(group.glob("**/"), reverse=True):  # the deepest first
        with suppress(OSError):  # it is in use, or was removed meanwhile
            child.rmdir()
