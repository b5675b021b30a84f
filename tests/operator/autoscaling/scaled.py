"""A tenant with a cluster that a HorizontalPodAutoscaler sizes, and what that sees and does."""

from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tests.conftest import a_namespace
from tests.operator.autoscaling.metrics_api import MetricsApi
from tests.operator.tenant import Document, TenantWithOperator

SCALER = "scaler"  # not as the cluster is called: the events of both are found by the name
_CONTROLLER = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"


def external(**target: str) -> Document:
    """Return a metric of no pod; it is the length of a queue."""
    return {"type": "External", "external": {"metric": {"name": "queue"}, "target": target}}


TEN_A_NODE = external(type="AverageValue", averageValue="10")


class Scaled(TenantWithOperator):
    """A tenant whose cluster `web` an autoscaler sizes."""

    patience = 90.0

    def __init__(self, sandbox: Sandbox, metrics: type[MetricsApi], log: Path) -> None:
        super().__init__(sandbox, a_namespace(sandbox), log)
        self._metrics = metrics

    # Manifests

    def without_a_size(self, **changes: Any) -> Document:
        """Return a cluster as it is in Git if an autoscaler shall size it."""
        cluster = self.cluster(capacityOwner="Autoscaler", **changes)
        del cluster["spec"]["resource"]["desiredCapacity"]
        return cluster

    def autoscale(self, metric: Document) -> None:
        """Make an autoscaler that wants one to five nodes."""
        header = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
        target = {"apiVersion": "senlin.openstack.org/v1alpha1", "kind": "SenlinCluster"}
        spec = {
            "scaleTargetRef": {**target, "name": "web"},
            "minReplicas": 1,
            "maxReplicas": 5,
            "metrics": [metric],
        }
        self.apply({**header, "metadata": {"name": SCALER}, "spec": spec})

    def pod_on_a_node(self, name: str) -> None:
        """Make a pod as it is once a kubelet runs it; this sandbox has no kubelet."""
        container = {"name": "main", "image": "main", "resources": {"requests": {"cpu": "100m"}}}
        labels = {"senlin.openstack.org/cluster": "web"}
        spec = {"nodeName": "web-1", "containers": [container]}
        pod: Document = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
        self.apply(pod | {"metadata": {"name": name, "labels": labels}})
        since = "2026-01-01T00:00:00Z"
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": since}
        status = {"phase": "Running", "startTime": since, "conditions": [ready]}
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}"
        made = self.sandbox.kubernetes.call("GET", path)
        self.sandbox.kubernetes.call("PUT", f"{path}/status", made | {"status": status})

    # What there is

    def grows_or_shrinks_to(self, size: int) -> None:
        self.eventually(lambda: len(self.nodes()) == size, f"{size} nodes")

    def is_asked_for(self, size: int) -> None:
        self.eventually(lambda: self.scale()[0] == size, f"asked for {size} nodes")

    def scale(self) -> tuple[int, int]:
        """Return `spec.replicas` and `status.replicas`, which the autoscaler reads."""
        plural = f"/apis/senlin.openstack.org/v1alpha1/namespaces/{self.namespace}/senlinclusters"
        scale = self.sandbox.kubernetes.call("GET", f"{plural}/web/scale")
        return scale["spec"]["replicas"], scale["status"]["replicas"]

    def autoscaler(self) -> tuple[int, int]:
        """Return the current and the desired number of the autoscaler's status."""
        status = self._autoscaler()["status"]
        return status["currentReplicas"], status["desiredReplicas"]

    def says(self, condition: str) -> tuple[str, str, str]:
        """Return status, reason and message of a condition of the autoscaler; empty: none yet."""
        conditions = self._autoscaler().get("status", {}).get("conditions", [])
        found: Document = next((it for it in conditions if it["type"] == condition), {})
        status, reason, message = (found.get(it, "") for it in ("status", "reason", "message"))
        return status, reason, message

    def syncs_again(self) -> None:
        """Wait until the autoscaler has read metric and size again, and acted on them."""
        # It asks for the metric after it has read the size, and writes after that.
        asked = self._metrics.asked[self.namespace]
        self.eventually(lambda: self._metrics.asked[self.namespace] >= asked + 3, "synced again")

    def writes(self) -> int:
        """Return how often the autoscaler has written a size, or tried to."""
        found = self.sandbox.audit(
            namespace=self.namespace, verb="update", subresource="scale", user=_CONTROLLER
        )
        return len(found)

    def resizes(self) -> list[int]:
        """Return the sizes that Senlin was asked for, oldest first."""
        [cluster] = self.clusters()
        found = self.senlin.actions(action="CLUSTER_RESIZE", target=cluster.id)
        return [it.inputs["number"] for it in sorted(found, key=lambda it: it.start_at or 0.0)]

    def drift(self) -> list[str]:
        """Return what the operator took for drift."""
        return [note for _, note in self.events("web") if note.startswith("Drift")]

    def _autoscaler(self) -> Document:
        plural = f"/apis/autoscaling/v2/namespaces/{self.namespace}/horizontalpodautoscalers"
        found: Document = self.sandbox.kubernetes.call("GET", f"{plural}/{SCALER}")
        return found
