"""A sandbox: real servers on this machine, in a directory of their own."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any, Self, TypedDict

from sandbox.binaries import kubernetes_binaries
from sandbox.control_plane import ControlPlane
from sandbox.databases import prepared_databases
from sandbox.errors import SandboxError
from sandbox.guard import guard
from sandbox.openstack import OpenStack
from sandbox.pods.network import joined, network_server
from sandbox.pods.node import Node
from sandbox.pods.tools import node_tools, obstacle
from sandbox.real import services
from sandbox.real.cloud import RealCloud
from sandbox.real.helpers import helper_programs
from sandbox.real.state import prepared_state, real_environment
from sandbox.servers import Server, kill_unrecorded, start_all, stop_all
from sandbox.settings import PODS_PORTS, PORTS, CloudName, SenlinName, Settings, free_ports
from sandbox.simulated import SimulatedCloud
from tools.cache import lock
from tools.progress import say
from tools.venvs import server_python, virtual_environment

HERE = Path(__file__).parent
CRDS = HERE.parent / "crds"


class Sandbox:
    """A running sandbox; as a context manager it ends with the `with` statement.

    Attributes:
        directory: All its files: configuration, data, logs.
        servers: By name; each can be stopped, started, paused.
        proxies: The fault proxies through which all clients reach the services, by name.
        senlin, keystone: Two of them.
        nova: Nova below Senlin: its servers, and faults for them.
        clouds_yaml: A cloud for each user, and `blue`, `green` for the first user of each project.
        authority: The authority to trust if Keystone and Senlin speak HTTPS, else None.
    """

    def __init__(self, settings: Settings, owner: int | None = None) -> None:
        self._settings, self._owner = settings, owner
        self.directory = settings.directory
        is_real = settings.cloud == "real"
        self._openstack: OpenStack = RealCloud(settings) if is_real else SimulatedCloud(settings)
        self._kubernetes = ControlPlane(settings, settings.binaries) if settings.binaries else None
        servers = self._openstack.servers()
        if self._kubernetes:
            servers = [*self._kubernetes.servers(), *servers]
        self._node = self._network = None
        if self._kubernetes and settings.pods:
            self._node = Node(settings, self._kubernetes, settings.pods)
            self._network = network_server(self.directory)
            servers = [self._network, *servers, self._node.server]
        self.servers: Mapping[str, Server] = {server.name: server for server in servers}
        self.proxies = self._openstack.proxies
        self.keystone, self.senlin = self.proxies["keystone"], self.proxies["senlin"]
        self.nova = self._openstack.nova
        self.clouds_yaml = self._openstack.clouds_yaml
        self.authority = self._openstack.authority
        self._guard = guard(self.directory, owner)

    @classmethod
    def up(
        cls,
        directory: Path | None = None,
        *,
        audit: bool = False,
        token_lifetime: int = 86400,
        kubernetes: bool = True,
        pods: bool = False,
        tls: bool = False,
        cloud: CloudName = "simulated",
        only: Sequence[str] = services.DEFAULT,
        senlin: SenlinName = "stock",
        owner: int | None = None,
        lasting: bool = False,
        temporary: bool = False,
    ) -> Self:
        """Start a sandbox.

        Args:
            directory: Its directory; a sandbox that was stopped there continues with its data.
                None: a temporary directory, which is removed at the end.
            audit: Whether Kubernetes keeps an audit log.
            token_lifetime: The lifetime of Keystone's tokens, in seconds.
            kubernetes: Whether to start Kubernetes.
            pods: Whether it can run pods. The servers then share a network with the pods, apart
                from the machine's: use the sandbox `with sandbox.inside()`.
            tls: Whether Keystone and Senlin speak HTTPS, with certificates of a private authority
                (`authority`).
            cloud: What is below Senlin. The real one is slower, but shows what Senlin 16 does.
            only: The services of the real cloud that are started, with those that they need:
                `sandbox.real.services.OPTIONAL` has the names.
            senlin: Whether Senlin is as released, or `repaired` where it does not work with real
                services (senlin/repairs.py).
            owner: The process whose end, even by SIGKILL, ends the sandbox. None: this process.
            lasting: The sandbox has no owner, but runs until `down`.
            temporary: The directory is removed at the end even though it was given.

        Raises:
            SandboxError: A server does not start, a sandbox runs in the directory already, or this
                machine cannot run the pods that were asked for.
            ToolError: A program cannot be built or installed.
        """
        chosen = services.with_needs(only) if cloud == "real" else ()
        programs = prepare(kubernetes=kubernetes, pods=pods, cloud=cloud)
        place = directory or Path(tempfile.mkdtemp(prefix="senlin-sandbox-"))
        settings = Settings(
            directory=place.absolute(),
            ports=_ports(place, cloud) | (PODS_PORTS if pods else {}),
            audit=audit,
            token_lifetime=token_lifetime,
            temporary=temporary or directory is None,
            tls=tls,
            cloud=cloud,
            services=chosen,
            debian=helper_programs() if set(chosen) & set(services.HELPERS) else None,
            repaired=senlin == "repaired",
            **programs,
        )
        sandbox = cls(settings, None if lasting else owner or os.getpid())
        try:
            sandbox._start()
        except _RunsAlready:
            raise
        except BaseException:
            sandbox.down()
            raise
        return sandbox

    @classmethod
    def attach(cls, directory: Path) -> Self:
        """Return the sandbox that was started in that directory; `with` does not end it.

        Raises:
            SandboxError: No sandbox was started there.
        """
        try:
            return cls(Settings.load(directory.absolute()))
        except FileNotFoundError as error:
            raise SandboxError(f"There is no sandbox in {directory}.") from error

    def down(self, *, purge: bool = False) -> None:
        """Stop everything; remove the directory if it is temporary, or if `purge` says so."""
        purge = purge or self._settings.temporary
        servers = list(self.servers.values())
        if purge:
            stop_all(servers, SIGKILL)  # their data is removed anyway
        else:
            stop_all([server for server in servers if server.name != "etcd"])
            stop_all(servers)
        if self._guard.pid != os.getpid():
            self._guard.stop()
            kill_unrecorded(self.directory)
        if self._kubernetes:
            self._kubernetes.close()
        if self._node:
            self._node.remove_cgroups()
        if purge:
            shutil.rmtree(self.directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owner:
            self.down()

    # Kubernetes

    @property
    def kubernetes(self) -> ControlPlane:
        """The control plane.

        Raises:
            SandboxError: The sandbox was started without one.
        """
        if self._kubernetes is None:
            raise SandboxError("This sandbox was started without Kubernetes.")
        return self._kubernetes

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.kubernetes.kubeconfig

    @property
    def bin(self) -> Path:
        """The directory of kubectl."""
        return self.kubernetes.binaries

    def kubectl(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """Run kubectl as the administrator; return what it prints.

        Raises:
            SandboxError: It failed, and `check` is set; its standard error is in the message.
        """
        return self.kubernetes.kubectl(*args, input=input, check=check)

    def helm(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """Run Helm as the administrator; return what it prints.

        Raises:
            SandboxError: It failed, and `check` is set; its standard error is in the message.
        """
        return self.kubernetes.helm(*args, input=input, check=check)

    def apply_crds(self) -> None:
        """Install the custom resources of this repository, and wait until they are served."""
        if not any(CRDS.glob("*.yaml")):
            return
        self.kubectl("apply", "--server-side", "-f", str(CRDS))
        self.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRDS))

    def audit(self, **filters: str) -> list[dict[str, Any]]:
        """Return entries of Kubernetes' audit log; see `ControlPlane.audit`."""
        return self.kubernetes.audit(**filters)

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig with a token of a service account."""
        return self.kubernetes.service_account_kubeconfig(namespace, name)

    def user_kubeconfig(self, user: str, groups: list[str] | None = None) -> Path:
        """Return a kubeconfig with a client certificate for a user in these groups."""
        return self.kubernetes.user_kubeconfig(user, groups)

    # Pods

    @contextmanager
    def inside(self) -> Iterator[Self]:
        """Switch this thread to the sandbox's network, which its servers and pods share.

        Threads and programs that the thread starts meanwhile, such as kubectl, are in it as well.
        A sandbox without pods uses the machine's network, so there this changes nothing.
        """
        if self._network is None:
            yield self
            return
        if not (pid := self._network.pid):
            raise SandboxError(f"The sandbox in {self.directory} is not running.")
        with joined(pid):
            yield self

    def import_image(self, archive: Path) -> None:
        """Load an OCI archive into the node; pods need a pull policy other than `Always`.

        Raises:
            ToolError: The file is not an OCI archive, or the sandbox was started without pods.
        """
        self._pods.import_image(archive)

    def tag_image(self, image: str, name: str) -> None:
        """Add a name to an image of the node; both names are full ones, with the registry.

        Raises:
            ToolError: The node does not have the image, or the sandbox was started without pods.
        """
        self._pods.tag_image(image, name)

    @property
    def _pods(self) -> Node:
        if self._node is None:
            raise SandboxError("This sandbox was started without pods.")
        return self._node

    # OpenStack

    def clouds(self, user: str = "blue-1", **overrides: Any) -> dict[str, Any]:
        """Return a clouds.yaml document for a Secret: one cloud called `openstack`.

        Args:
            user: A key of `sandbox.accounts.USERS`, or `admin`.
            overrides: More keys of the cloud; `auth` is merged with the user's.
        """
        return {"clouds": {"openstack": self._openstack.cloud(user, **overrides)}}

    def token(self, user: str = "blue-1") -> str:
        """Log a user in; return a token for the user's project."""
        return self._openstack.token(user)

    @property
    def real(self) -> RealCloud:
        """The real cloud, whose `nova` has faults that the simulated one has not.

        Raises:
            SandboxError: The sandbox has the simulated cloud.
        """
        if not isinstance(self._openstack, RealCloud):
            raise SandboxError("This sandbox was started with the simulated cloud.")
        return self._openstack

    # Starting

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        with lock(self.directory / "starting"):
            for server in self.servers.values():
                if server.pid:
                    raise _RunsAlready(
                        f"A sandbox runs in {self.directory} already ({server.name} is process "
                        f"{server.pid}). Stop it with `python -m sandbox down --dir "
                        f"{self.directory}`, or choose another directory."
                    )
            self._settings.save()
            if self._owner:
                self._guard.start()
            self._openstack.prepare()
            if self._kubernetes:
                self._kubernetes.prepare()
            if self._node:
                self._node.prepare()
            say(f"Starting {', '.join(self.servers)} in {self.directory}")
            if self._network:
                self._network.start()
            with self.inside():
                ready = start_all([it for it in self.servers.values() if it != self._network])
        for name, seconds in ready.items():
            say(f"{name} is ready ({seconds:.1f} s)")


class _RunsAlready(SandboxError):
    """Another sandbox runs in the directory, and must not be stopped."""


def _ports(directory: Path, cloud: CloudName) -> dict[str, int]:
    """Return the ports of the sandbox that was stopped in this directory, else free ports.

    Raises:
        SandboxError: That sandbox has the other cloud, whose data are in the directory.
    """
    ports = free_ports([*PORTS, *(services.PORTS if cloud == "real" else ())])
    try:
        stopped = Settings.load(directory.absolute())
    except FileNotFoundError:
        return ports
    if stopped.cloud != cloud:
        raise SandboxError(
            f"The sandbox in {directory} has the {stopped.cloud} cloud. "
            f"Remove it with `python -m sandbox down --purge --dir {directory}`, or choose another "
            "directory."
        )
    return ports | stopped.ports


class CloudPrograms(TypedDict):
    """The directories of what OpenStack's services run with."""

    keystone: Path
    senlin: Path
    databases: Path


class Programs(CloudPrograms):
    """The directories of the programs that were built or installed."""

    binaries: Path | None
    pods: Path | None


def prepare(
    *, kubernetes: bool = True, pods: bool = False, cloud: CloudName = "simulated"
) -> Programs:
    """Build and install what is not in the cache yet.

    Raises:
        SandboxError: This machine cannot run the pods that were asked for.
        ToolError: A program cannot be built or installed.
    """
    if pods and (reason := obstacle()):
        raise SandboxError(f"Pods cannot run here: {reason}")
    return {
        # With kubelet if this machine can use it: in a build of its own it takes 5 minutes.
        "binaries": kubernetes_binaries(pods=obstacle() is None) if kubernetes else None,
        "pods": node_tools() if pods else None,
        **(_real_cloud() if cloud == "real" else _simulated_cloud()),
    }


def _simulated_cloud() -> CloudPrograms:
    python = server_python()
    keystone = virtual_environment("keystone", HERE / "keystone" / "requirements.txt", python)
    senlin = virtual_environment("senlin", HERE / "senlin" / "requirements.txt", python)
    databases = prepared_databases(keystone, senlin)
    return {"keystone": keystone, "senlin": senlin, "databases": databases}


def _real_cloud() -> CloudPrograms:
    environment = real_environment(server_python())
    state = prepared_state(environment)
    return {"keystone": environment, "senlin": environment, "databases": state}
