"""A real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager, scheduler."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import requests
import yaml

from sandbox.control import answers
from sandbox.errors import SandboxError
from sandbox.pki import issue, make_pki
from sandbox.servers import Server
from sandbox.settings import LOOPBACK, Settings
from tools.helm import helm_binary

# Of the operator's kinds, the entries of writes of the status have the object as it was afterwards.
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: RequestResponse
    resources: [{group: senlin.openstack.org, resources: ["*/status"]}]
  - level: Metadata
"""
AUDIT_MEGABYTES = 10_000  # by default the log is rotated after 100, and `audit` reads one file
TOKEN_SECONDS = 24 * 3600
REQUEST_SECONDS = 30
NOT_FOUND = 404
SCHEDULER, SCHEDULER_PORT = "system:kube-scheduler", 10259


class ControlPlane:
    """The files and servers of Kubernetes, and an administrator's requests to it."""

    def __init__(self, settings: Settings, binaries: Path) -> None:
        self.binaries = binaries
        self.kubeconfig = settings.directory / "admin.kubeconfig"
        self.url = f"https://{settings.address}:{settings.ports['kube-apiserver']}"
        self._settings = settings
        self._directory = settings.directory
        self._pki = settings.directory / "pki"
        self._session = requests.Session()
        self._session.trust_env = False  # no HTTP proxy, no .netrc: the server is on loopback
        self._session.verify = str(self._pki / "ca.crt")
        self._session.cert = (str(self._pki / "admin.crt"), str(self._pki / "admin.key"))

    def prepare(self) -> None:
        """Write certificates, kubeconfigs and policies; keep certificates that exist already."""
        if not self._pki.exists():
            make_pki(self._pki)
        (self._directory / "audit-policy.yaml").write_text(AUDIT_POLICY)
        self._write_kubeconfig(self.kubeconfig, "admin", self._certificate_of("admin"))
        manager = "kube-controller-manager"
        self._write_kubeconfig(self._manager_kubeconfig, manager, self._certificate_of(manager))
        if self._settings.pods:
            self.user_kubeconfig(SCHEDULER)

    def servers(self) -> list[Server]:
        """Return the servers in the order of their start; a scheduler only if pods can run."""
        servers = [self._etcd(), self._apiserver(), self._controller_manager()]
        return [*servers, self._scheduler()] if self._settings.pods else servers

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Make a request as the administrator; return the parsed reply.

        Raises:
            requests.HTTPError: The API server refuses it; its reply is in `response`.
        """
        reply = self._session.request(method, self.url + path, json=body, timeout=REQUEST_SECONDS)
        reply.raise_for_status()
        return reply.json()

    def exists(self, path: str) -> bool:
        """Return whether there is an object at that path."""
        reply = self._session.get(self.url + path, timeout=REQUEST_SECONDS)
        if reply.status_code != NOT_FOUND:
            reply.raise_for_status()
        return reply.ok

    def kubectl(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """Run kubectl as the administrator; return what it prints.

        Raises:
            SandboxError: It failed, and `check` is set; its standard error is in the message.
        """
        return self._run(self.binaries / "kubectl", *args, input=input, check=check)

    def helm(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """Run Helm as the administrator; return what it prints.

        Raises:
            SandboxError: It failed, and `check` is set; its standard error is in the message.
        """
        return self._run(helm_binary(), *args, input=input, check=check)

    def _run(self, program: Path, *args: str, input: str | None, check: bool) -> str:
        done = subprocess.run(
            [program, *args],
            input=input,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "KUBECONFIG": str(self.kubeconfig),
                # kubectl caches discovery by port in HOME; another sandbox may get this port later.
                "HOME": str(self._directory),
            },
        )
        if check and done.returncode:
            command = " ".join([program.name, *args])
            raise SandboxError(f"`{command}` failed: {done.stderr.strip()}")
        return done.stdout

    def audit(self, **filters: str) -> list[dict[str, Any]]:
        """Return the audit log's entries, oldest first.

        Args:
            filters: Values that an entry must have: `verb`, `user` (the name), `userAgent` (a
                prefix), or a field of the object that the request was for (`resource`,
                `subresource`, `namespace`, `name`, `apiGroup`).
        """
        with (self._directory / "audit.log").open() as log:
            whole_lines = (line for line in log if line.endswith("\n"))
            return [entry for entry in map(json.loads, whole_lines) if _fits(entry, filters)]

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig with a token of a service account."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"spec": {"expirationSeconds": TOKEN_SECONDS}}
        token = self.call("POST", path, request)["status"]["token"]
        file = self._directory / f"{namespace}-{name}.kubeconfig"
        return self._write_kubeconfig(file, name, {"token": token}, namespace)

    def user_kubeconfig(self, user: str, groups: list[str] | None = None) -> Path:
        """Return a kubeconfig with a client certificate for a user in these groups."""
        issue(self._pki, user, user, groups)
        file = self._directory / f"{user}.kubeconfig"
        return self._write_kubeconfig(file, user, self._certificate_of(user))

    def is_ready(self) -> bool:
        return self._answers(f"{self.url}/readyz")

    def close(self) -> None:
        self._session.close()

    def _answers(self, url: str) -> bool:
        try:
            return self._session.get(url, timeout=2).ok
        except requests.RequestException:
            return False

    def _manages(self) -> bool:
        """Return whether the controller manager runs and makes service accounts."""
        port = self._settings.ports["kube-controller-manager"]
        account = f"{self.url}/api/v1/namespaces/default/serviceaccounts/default"
        return self._answers(f"https://{LOOPBACK}:{port}/healthz") and self._answers(account)

    @property
    def _manager_kubeconfig(self) -> Path:
        return self._directory / "kube-controller-manager.kubeconfig"

    def _certificate_of(self, file: str) -> dict[str, str]:
        return {
            "client-certificate-data": _base64(self._pki / f"{file}.crt"),
            "client-key-data": _base64(self._pki / f"{file}.key"),
        }

    def _write_kubeconfig(
        self, file: Path, user: str, credentials: dict[str, str], namespace: str = "default"
    ) -> Path:
        cluster = {
            "server": self.url,
            "certificate-authority-data": _base64(self._pki / "ca.crt"),
        }
        context = {"cluster": "sandbox", "user": user, "namespace": namespace}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "sandbox",
            "clusters": [{"name": "sandbox", "cluster": cluster}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": "sandbox", "context": context}],
        }
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        return file

    def _etcd(self) -> Server:
        clients, peers = self._settings.url("etcd"), self._settings.url("etcd-peers")
        return Server(
            "etcd",
            self._directory,
            [
                self.binaries / "etcd",
                f"--data-dir={self._directory / 'etcd'}",
                f"--listen-client-urls={clients}",
                f"--advertise-client-urls={clients}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
                "--unsafe-no-fsync",  # fast; data that a crash of the machine loses is no loss
                "--log-level=warn",
            ],
            is_ready=lambda: answers(f"{clients}/health"),
            patience=1,  # it would wait for its clients to disconnect
        )

    def _apiserver(self) -> Server:
        pki = self._pki
        command: list[str | Path] = [
            self.binaries / "kube-apiserver",
            f"--etcd-servers={self._settings.url('etcd')}",
            f"--bind-address={self._settings.address}",
            f"--secure-port={self._settings.ports['kube-apiserver']}",
            "--endpoint-reconciler-type=none",  # it refuses to publish a loopback address
            f"--tls-cert-file={pki / 'kube-apiserver.crt'}",
            f"--tls-private-key-file={pki / 'kube-apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            # For logs, exec and port-forward, if there is a kubelet.
            f"--kubelet-certificate-authority={pki / 'ca.crt'}",
            f"--kubelet-client-certificate={pki / 'admin.crt'}",
            f"--kubelet-client-key={pki / 'admin.key'}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-key-file={pki / 'service-accounts.crt'}",
            f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--allow-privileged=true",
            # Aggregation: an APIService may point at a Service of type ExternalName (localhost).
            f"--requestheader-client-ca-file={pki / 'front-proxy-ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={pki / 'front-proxy-client.crt'}",
            f"--proxy-client-key-file={pki / 'front-proxy-client.key'}",
        ]
        if self._settings.audit:
            # Blocking: entries are written before the reply, so a test finds all its requests.
            command += [
                f"--audit-policy-file={self._directory / 'audit-policy.yaml'}",
                f"--audit-log-path={self._directory / 'audit.log'}",
                "--audit-log-mode=blocking",
                f"--audit-log-maxsize={AUDIT_MEGABYTES}",
            ]
        name = "kube-apiserver"
        return Server(
            name,
            self._directory,
            command,
            is_ready=self.is_ready,
            after=["etcd"],
            patience=1,  # it would wait a minute for open watches
        )

    def _controller_manager(self) -> Server:
        pki = self._pki
        return Server(
            "kube-controller-manager",
            self._directory,
            [
                self.binaries / "kube-controller-manager",
                f"--kubeconfig={self._manager_kubeconfig}",
                "--use-service-account-credentials=true",
                f"--service-account-private-key-file={pki / 'service-accounts.key'}",
                f"--root-ca-file={pki / 'ca.crt'}",
                "--leader-elect=false",
                # At its start it makes hundreds of requests: 6 seconds with the default limits.
                "--kube-api-qps=500",
                "--kube-api-burst=1000",
                f"--bind-address={LOOPBACK}",
                f"--secure-port={self._settings.ports['kube-controller-manager']}",
                f"--tls-cert-file={pki / 'kube-controller-manager-server.crt'}",
                f"--tls-private-key-file={pki / 'kube-controller-manager-server.key'}",
                # By default it would create a directory on the machine.
                f"--flex-volume-plugin-dir={self._directory / 'volume-plugins'}",
                # Autoscaling in seconds instead of minutes.
                "--horizontal-pod-autoscaler-sync-period=2s",
                "--horizontal-pod-autoscaler-downscale-stabilization=5s",
                "--horizontal-pod-autoscaler-initial-readiness-delay=0s",
            ],
            is_ready=self._manages,
            after=["kube-apiserver"],
        )

    def _scheduler(self) -> Server:
        url = f"https://{LOOPBACK}:{SCHEDULER_PORT}/healthz"
        return Server(
            "kube-scheduler",
            self._directory,
            [
                self.binaries / "kube-scheduler",
                f"--kubeconfig={self._directory / f'{SCHEDULER}.kubeconfig'}",
                "--leader-elect=false",
                f"--bind-address={LOOPBACK}",
                f"--tls-cert-file={self._pki / 'kube-controller-manager-server.crt'}",
                f"--tls-private-key-file={self._pki / 'kube-controller-manager-server.key'}",
            ],
            is_ready=lambda: self._answers(url),
            after=["kube-apiserver"],
        )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _fits(entry: dict[str, Any], filters: dict[str, str]) -> bool:
    return all(_value(entry, name, wanted) for name, wanted in filters.items())


def _value(entry: dict[str, Any], name: str, wanted: str) -> bool:
    match name:
        case "user":
            return bool(entry["user"].get("username") == wanted)
        case "userAgent":
            return str(entry.get("userAgent", "")).startswith(wanted)
        case "verb":
            return bool(entry["verb"] == wanted)
        case _:
            return bool(entry.get("objectRef", {}).get(name) == wanted)
