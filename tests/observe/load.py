"""Two operators with work of all kinds, good and bad, and a Prometheus that watches them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox
from sandbox.accounts import password_of
from sandbox.control import fetch
from sandbox.kube_state_metrics import KubeStateMetrics
from sandbox.prometheus import Prometheus
from sandbox.settings import LOOPBACK, free_port
from tests.observe.published import FIGURES, rule_file
from tests.operator.process import PROGRAM, Operator
from tests.operator.rights import metrics_reader, metrics_token
from tests.operator.tenant import Document, TenantWithOperator
from tests.operator.test_traces import Receiver

JOB = "senlin-operator"
JOB_OF_OBJECTS = "kube-state-metrics"
READER = "kube-state-metrics"  # a user with the rights that the values give, and no others
WRONG_PASSWORD = "wrong-but-nobody-should-read-it"
FAULT = "No valid host was found."
LEADS = '"event": "this process is the leader"'
READY = (
    ("SenlinProfile", "web-server"),
    ("SenlinProfile", "other"),
    ("SenlinPolicy", "grow"),
    ("SenlinCluster", "web"),
    ("SenlinCluster", "mirrored"),
    ("SenlinNode", "web-1"),
    ("SenlinReceiver", "call"),
)


def reader(sandbox: Sandbox) -> Path:
    """Return the kubeconfig of kube-state-metrics, with the rights that its values give it."""
    rules = FIGURES["rbac"]["extraRules"]
    api = "rbac.authorization.k8s.io"
    role = {"kind": "ClusterRole", "metadata": {"name": READER}, "rules": rules}
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": READER},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": READER},
        "subjects": [{"apiGroup": api, "kind": "User", "name": READER}],
    }
    documents = [{"apiVersion": f"{api}/v1", **it} for it in (role, binding)]
    sandbox.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))
    return sandbox.kubernetes.user_kubeconfig(READER)


class Watched(TenantWithOperator):
    """A namespace with a leader and a standby.

    Attributes:
        ports: Where the leader and the standby have their metrics.
        standby: The second operator; `operator` is the first one, which leads.
        traces: Where both send their traces.
        objects: What shows the figures of each object.
    """

    def __init__(self, sandbox: Sandbox, namespace: str, logs: Path) -> None:
        super().__init__(sandbox, namespace, logs / "leader.log")
        self.ports = (free_port(), free_port())
        self.standby = Operator(sandbox.kubeconfig, namespace, logs / "standby.log", PROGRAM)
        self.traces = Receiver()
        self.objects = KubeStateMetrics(
            sandbox.directory, reader(sandbox), FIGURES["customResourceState"]["config"], namespace
        )
        self._token = logs / "token"
        self._rules = logs / "rules.yaml"
        self._rules.write_text(yaml.safe_dump(rule_file()))

    @contextmanager
    def running(self) -> Iterator[Prometheus]:
        """Run all of them, and a Prometheus that scrapes them every second."""
        leader, standby = self.ports
        with ExitStack() as stack:
            stack.enter_context(self.objects)
            stack.callback(self.traces.close)
            stack.callback(self.operator.kill)
            self.operator.start(*self._flags(leader), OTEL_BSP_SCHEDULE_DELAY="500")
            self.eventually(lambda: LEADS in self.operator.log.read_text(), "a leader")
            stack.callback(self.standby.kill)
            self.standby.start(*self._flags(standby))
            metrics_reader(self.sandbox, self.namespace)
            self._token.write_text(metrics_token(self.sandbox, self.namespace))
            directory = self.sandbox.directory
            jobs = {JOB: self.ports, JOB_OF_OBJECTS: [self.objects.port]}
            prometheus = Prometheus(directory, jobs, [self._rules], token=self._token)
            yield stack.enter_context(prometheus)

    def _flags(self, port: int) -> list[str]:
        settings = {
            "host": LOOPBACK,
            "metrics-port": port,
            "metrics-authentication": "kubernetes",
            "leader-election": "true",
            "lease-namespace": self.namespace,
            "otlp-endpoint": self.traces.url,
            "log-format": "json",
            "log-level": "debug",
        }
        return [f"--{name}={value}" for name, value in settings.items()]

    def apply_load(self) -> None:
        """Make objects of all kinds, most of which get Ready, and see where each of them ends."""
        self.sandbox.nova.fail_builds(f"{self.namespace}-broken*", text=FAULT)
        refused = self.secret("blue-2", auth={"password": WRONG_PASSWORD})
        refused["metadata"]["name"] = "refused"
        self.apply(
            self.secret(),
            refused,
            self.profile(),
            self.profile("other"),
            self.with_secret("refused", self.profile("refused")),
            self.with_secret("nowhere", self.profile("without-secret")),
            self.policy(),
            self.policy("wrong", version="9.0"),
            self.cluster(),
            self.cluster("mirrored", members="Mirror", desiredCapacity=1),
            self.cluster("early", profileRef={"name": "missing"}),
            self.cluster("failing", config={"nodeNameFormat": f"{self.namespace}-broken-$8R"}),
            self.node(),
            self.node("broken-1"),
            self.receiver("call"),
        )
        self.waits_for("CredentialsRejected", "SenlinProfile", "refused")
        self.waits_for("CredentialsMissing", "SenlinProfile", "without-secret")
        self.waits_for("Rejected", "SenlinPolicy", "wrong")
        self.waits_for("ReferenceMissing", name="early")
        self.waits_for("ActionFailed", name="failing")
        self.waits_for("ActionFailed", "SenlinNode", "broken-1")
        for kind, name in READY:
            self.ready(kind, name)
        self.apply(self.operation("check-web", {"check": {}}))
        self.ends("check-web")

    def change(self) -> None:
        """Do some things for a second time: a rate takes two. Check one by a webhook besides."""
        receiver = self.senlin.create_receiver(
            name=self.namespace,
            type="webhook",
            cluster_id=self.ready("SenlinCluster", "mirrored")["status"]["id"],
            action="CLUSTER_CHECK",
        )
        self.senlin.wait_for_action(self.senlin.trigger_webhook(receiver))
        self.senlin.delete_receiver(receiver)
        self.kubectl("scale", "senlincluster/web", "--replicas=2")
        self.apply(self.cluster("second", desiredCapacity=1), self.node("web-2"))
        self.apply(self.operation("check-web-again", {"check": {}}))
        self.ends("check-web-again")
        self.delete("senlinnode", "web-1")
        self.delete("senlincluster", "mirrored")
        self.ready()
        self.ready(name="second")
        self.ready("SenlinNode", "web-2")
        self.gone("SenlinNode", "web-1")
        self.gone("SenlinCluster", "mirrored")

    def secrets(self) -> list[str]:
        """Return what nobody should read: passwords, how a token begins, a part of a webhook."""
        token = self.sandbox.token("blue-1")
        return [password_of("blue-1"), WRONG_PASSWORD, token[:5], "/webhooks/"]

    @staticmethod
    def with_secret(name: str, document: Document) -> Document:
        document["spec"]["cloudCredentialsRef"]["secretName"] = name
        return document

    def metrics(self, port: int, accept: str = "text/plain") -> tuple[str, str]:
        """Return the content type and the text of an operator's metrics."""
        headers = {"Accept": accept, "Authorization": f"Bearer {self._token.read_text()}"}
        reply = fetch("GET", f"http://{LOOPBACK}:{port}/metrics", headers=headers)
        return reply.headers["Content-Type"], reply.text

    def lines(self) -> list[dict[str, Any]]:
        """Return the log lines of both operators."""
        texts = [operator.log.read_text() for operator in (self.operator, self.standby)]
        return [json.loads(line) for text in texts for line in text.splitlines()]
