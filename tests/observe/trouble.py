"""A namespace in which all goes wrong that a runbook is about, and a person who follows one."""

import json
import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families

from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.settings import LOOPBACK, free_port
from tests.chart.test_rights import Release
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator
from tools.venvs import server_python, virtual_environment

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
CLI = ROOT / "requirements" / "cli"  # .in and .txt
CHECKED = {"checkInterval": "5s"}
_FENCED = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """Return the blocks of a runbook, and then the commands within its text."""
    text = (RUNBOOKS / f"{page}.md").read_text()
    blocks = [dedent(body) for _, body in _FENCED.findall(text)]
    return [*blocks, *re.findall(r"`(kubectl [^`]+)`", _FENCED.sub("", text))]


class Troubled(TenantWithOperator):
    """A namespace with the chart and with an operator that has the chart's rights there.

    The operator runs outside of a pod, so it is `kubectl logs` alone that is replaced.
    """

    def __init__(self, sandbox: Sandbox, namespace: str, directory: Path, log_format: str) -> None:
        super().__init__(sandbox, namespace, directory / "operator.log")
        self.release = Release(sandbox, namespace)
        self._directory = directory
        self._format = log_format
        self._port = free_port()
        self._programs = directory / "bin"

    def begin(self) -> None:
        """Install the chart, start the operator, and let everything go wrong."""
        self.release.install(watchNamespaces=[self.namespace])
        account = self.sandbox.service_account_kubeconfig(self.namespace, self.namespace)
        self.operator = Operator(account, self.namespace, self.operator.log, PROGRAM)
        self.operator.start(
            f"--log-format={self._format}",
            f"--host={LOOPBACK}",
            f"--metrics-port={self._port}",
            "--leader-election=true",
            f"--lease-name={self.namespace}",
            f"--lease-namespace={self.namespace}",
        )
        self._install_programs()
        self._break_clusters()
        self._break_the_rest()
        self._forbid_statuses()

    def end(self) -> None:
        self.operator.kill()
        self.sandbox.nova.lift(name=self.nodes_named())
        self.release.uninstall()

    def run(self, command: str, words: dict[str, str]) -> tuple[int, str]:
        """Run a command of a runbook as a person does; return its exit code, and what it prints."""
        filled = re.sub(
            r"\bsenlin-operator(?= (logs|get|describe|rollout))", self.namespace, command
        )
        filled = filled.replace("--namespace senlin-operator", f"--namespace {self.namespace}")
        filled = filled.replace("senlin-operator:senlin-operator", ":".join([self.namespace] * 2))
        for word, value in {"NAMESPACE": self.namespace, **words}.items():
            filled = re.sub(rf"\b{word}\b", value, filled)
        environment = {
            **os.environ,
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.sandbox.kubeconfig),
            "OS_CLIENT_CONFIG_FILE": str(self.sandbox.clouds_yaml),
            "OS_CLOUD": "admin" if "service list" in command else "blue",
        }
        bash = ["bash", "-e", "-o", "pipefail", "-c", filled]
        done = subprocess.run(bash, cwd=ROOT, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def refused_credential(self) -> str:
        """Return the label of the alert SenlinOperatorCredentialRefused."""
        text = fetch("GET", f"http://{LOOPBACK}:{self._port}/metrics").text
        [label] = {
            sample.labels["credential"]
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "senlin_operator_credential_refused" and sample.value
        }
        return label

    def _install_programs(self) -> None:
        venv = virtual_environment("openstackclient", CLI.with_suffix(".txt"), server_python())
        log, kubectl = self.operator.log, self.sandbox.bin / "kubectl"
        programs = {
            "kubectl": f'case " $* " in *" logs "*) exec cat {log};; esac\nexec {kubectl} "$@"',
            "openstack": f'exec {venv}/bin/python -W ignore -m openstackclient.shell "$@"',
        }
        self._programs.mkdir()
        for name, script in programs.items():
            program = self._programs / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)

    def _named(self, name: str, **changes: Any) -> dict[str, Any]:
        """Return a cluster whose nodes bear its name, so that Nova can break them alone."""
        return self.cluster(
            name, config={"nodeNameFormat": f"{self.namespace}-{name}-$8R"}, **changes
        )

    def _break_clusters(self) -> None:
        nova, held = self.sandbox.nova, {"mode": "Recover", "maxUnhealthy": 0, **CHECKED}
        nova.fail_builds(f"{self.namespace}-failing-*")
        self.apply(
            self.secret(),
            self.profile(),
            self._named("web", remediation=CHECKED),
            self._named("held", remediation=held),
            self._named("failing"),
            self._named("early", profileRef={"name": "missing"}),
        )
        self.ready()
        self.ready(name="held")
        for name in ("web", "held"):
            [victim, *_] = nova.servers(f"{self.namespace}-{name}-*")
            nova.vanish(victim["name"])
        self.waits_for("Degraded")
        self.waits_for("RemediationHeld", name="held")
        self.waits_for("ActionFailed", name="failing")
        self.waits_for("ReferenceMissing", name="early")

    def _break_the_rest(self) -> None:
        refused = self.secret(auth={"password": "wrong"})
        away = self.secret(auth={"auth_url": f"http://{LOOPBACK}:{free_port()}/v3"})
        for name, secret in (("refused", refused), ("away", away)):
            profile = self.profile(name)
            secret["metadata"]["name"] = name
            profile["spec"]["cloudCredentialsRef"]["secretName"] = name
            self.apply(secret, profile)
        self.apply(
            self.policy("wrong", version="9.0"),
            self.operation("look", {"check": {}}, clusterID=str(uuid4())),
            self.profile("renamed"),
        )
        self.waits_for("CredentialsRejected", "SenlinProfile", "refused")
        self.waits_for("Unreachable", "SenlinProfile", "away")
        self.waits_for("Rejected", "SenlinPolicy", "wrong")
        self.ends("look")
        id_ = self.ready("SenlinProfile", "renamed")["status"]["id"]
        with self.sandbox.senlin.fault(
            "answer", path=f"/v1/profiles/{id_}$", status=500, body="{}"
        ):
            self.edit("SenlinProfile", "renamed", name=f"{self.namespace}-other")
            self.waits_for("CloudError", "SenlinProfile", "renamed")
        self.delete("senlinprofile", "web-server")
        self.waits_for("InUse", "SenlinProfile", "web-server")

    def _forbid_statuses(self) -> None:
        """Take a right from the operator; from now on it cannot say how a cluster is."""
        role = json.loads(self.kubectl("get", "role", self.namespace, "--output=json"))
        for rule in role["rules"]:
            rule["resources"] = [it for it in rule["resources"] if it != "senlinclusters/status"]
        self.kubectl("replace", "-f", "-", input=json.dumps(role))
        self.kubectl("scale", "senlincluster/web", "--replicas=2")
        self.eventually(lambda: "Kubernetes refuses" in self.log(), "refused")
