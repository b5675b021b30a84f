"""What the operator's tests do as a user would: manifests in, resources and servers out."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes import client, config

from openstack_clustering import Connection
from sandbox import Sandbox
from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import Owner, with_suffix
from tests.crds.apiserver import merged
from tests.operator.process import PROGRAM, Operator

if TYPE_CHECKING:
    from tests.operator.foretold import Foretold

GROUP, VERSION = "senlin.openstack.org", "v1alpha1"
PLURALS = {kind.name: kind.plural for kind in (*KINDS.values(), *RUN_KINDS.values())}
SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
Document = dict[str, Any]


class Tenant:
    """A namespace in Kubernetes, and the project in OpenStack that its Secret leads to.

    Attributes:
        log: Returns what the operator has logged about the namespace.
        patience: Seconds that a test waits for a state if it does not say otherwise.
        foretold: Told of the manifests that are applied, and of what is deleted, before they are.
    """

    patience = 40.0
    foretold: "Foretold | None" = None

    def __init__(self, sandbox: Sandbox, namespace: str, log: Callable[[], str]) -> None:
        self.sandbox = sandbox
        self.namespace = namespace
        self.log = log
        api = config.new_client_from_config(str(sandbox.kubeconfig))
        self._objects = client.CustomObjectsApi(api)
        self.core = client.CoreV1Api(api)
        self.senlin = Connection("openstack", clouds=sandbox.clouds("blue-1")).cluster

    # Kubernetes

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return self.sandbox.kubectl("--namespace", self.namespace, *arguments, **options)

    def apply(self, *documents: Document) -> None:
        if self.foretold:
            self.foretold.applying(documents)
        self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))

    def get(self, kind: str, name: str) -> Document | None:
        try:
            found: Document = self._objects.get_namespaced_custom_object(
                GROUP, VERSION, self.namespace, PLURALS[kind], name
            )
        except client.ApiException as error:
            if error.status == 404:
                return None
            raise
        return found

    def all_of(self, kind: str) -> list[Document]:
        found: list[Document] = self._objects.list_namespaced_custom_object(
            GROUP, VERSION, self.namespace, PLURALS[kind]
        )["items"]
        return found

    def edit(self, kind: str, name: str, /, **resource: Any) -> None:
        """Merge fields into `spec.resource`."""
        self.patch(kind, name, {"spec": {"resource": resource}})

    def patch(self, kind: str, name: str, body: Document) -> None:
        if self.foretold and "spec" in body and (found := self.get(kind, name)):
            self.foretold.applying([patched(found, body)])
        self.kubectl("patch", kind, name, "--type=merge", f"--patch={json.dumps(body)}")

    def delete(self, *what: str) -> None:
        """Ask for deletion; do not wait for it."""
        if self.foretold:
            self.foretold.deleting(what)
        self.kubectl("delete", "--wait=false", *what)

    def delete_everything(self) -> None:
        """Ask for the deletion of all that is in the namespace; do not wait for it."""
        for plural in PLURALS.values():
            self._objects.delete_collection_namespaced_custom_object(
                GROUP, VERSION, self.namespace, plural
            )

    def events(self, name: str) -> list[tuple[str, str]]:
        """Return reason and note of the object's events, oldest first.

        The operator sends them after the status that tests wait for: those on their way count.
        """
        before, found = None, self._events(name)
        while found != before:
            time.sleep(0.2)
            before, found = found, self._events(name)
        return found

    def _events(self, name: str) -> list[tuple[str, str]]:
        listed = self.core.list_namespaced_event(
            self.namespace, field_selector=f"involvedObject.name={name}"
        )
        in_order = sorted(listed.items, key=lambda event: event.event_time)
        return [(event.reason, event.message) for event in in_order]

    def wait(
        self,
        kind: str,
        name: str,
        until: Callable[[Document], bool],
        what: str,
        seconds: float | None = None,
    ) -> Document:
        """Return the object once the condition holds."""
        seconds = seconds or self.patience
        last: Document | None = None
        for _ in ticks(seconds):
            last = self.get(kind, name)
            if last is not None and until(last):
                return last
        raise AssertionError(
            f"not {what} after {seconds} s:\n{yaml.safe_dump(last)}\n{self.tail()}"
        )

    def ready(self, kind: str = "SenlinCluster", name: str = "web", **options: Any) -> Document:
        """Wait until the present generation is Ready."""
        return self.wait(kind, name, is_ready, "Ready", **options)

    def waits_for(self, reason: str, kind: str = "SenlinCluster", name: str = "web") -> Document:
        """Wait until Ready has that reason; return the condition."""
        found = self.wait(
            kind, name, lambda it: condition(it, "Ready").get("reason") == reason, reason
        )
        return condition(found, "Ready")

    def gone(self, kind: str, name: str, seconds: float | None = None) -> None:
        """Wait until the object is no more."""
        seconds = seconds or self.patience
        for _ in ticks(seconds):
            if self.get(kind, name) is None:
                return
        raise AssertionError(f"{kind} {name} still exists:\n{self.get(kind, name)}\n{self.tail()}")

    # Senlin and Nova

    def clusters(self) -> list[Any]:
        """Return the clusters that name this namespace in their metadata."""
        return [
            it for it in self.senlin.clusters() if it.metadata.get("namespace") == self.namespace
        ]

    def nodes(self) -> list[Any]:
        """Return the nodes of this namespace, whether in a cluster or not."""
        return [it for it in self.senlin.nodes() if it.name.startswith(self.namespace)]

    def profiles(self) -> list[Any]:
        return [
            it for it in self.senlin.profiles() if it.metadata.get("namespace") == self.namespace
        ]

    def policies(self) -> list[Any]:
        """Return those whose name begins with the namespace's; they have no metadata."""
        return [it for it in self.senlin.policies() if it.name.startswith(self.namespace)]

    def receivers(self) -> list[Any]:
        """Return those whose name begins with the namespace's; they have no metadata."""
        return [it for it in self.senlin.receivers() if it.name.startswith(self.namespace)]

    def owned_name(self, name: str, document: Document) -> str:
        """Return a name with the marker of a resource, as policies and receivers have it."""
        kubernetes = self.core.read_namespace("kube-system").metadata.uid
        key = Key(document["kind"], self.namespace, document["metadata"]["name"])
        return with_suffix(name, Owner(document["metadata"]["uid"], kubernetes, key))

    def channel(self, name: str = "grow") -> client.V1Secret | None:
        """Return the Secret with the URL of a receiver."""
        try:
            return self.core.read_namespaced_secret(name, self.namespace)
        except client.ApiException as error:
            if error.status == 404:
                return None
            raise

    def url(self, name: str = "grow") -> str:
        """Return the URL in the Secret of a receiver; empty: there is none."""
        secret = self.channel(name)
        encoded = (secret.data or {}).get("url", "") if secret else ""
        return base64.b64decode(encoded).decode()

    def eventually(
        self, holds: Callable[[], bool], what: str, seconds: float | None = None
    ) -> None:
        seconds = seconds or self.patience
        for _ in ticks(seconds):
            if holds():
                return
        raise AssertionError(f"not {what} after {seconds} s\n{self.tail()}")

    def tail(self) -> str:
        """Return the end of the operator's log."""
        return "\n".join(self.log().splitlines()[-40:])

    # Manifests

    def secret(self, user: str = "blue-1", **overrides: Any) -> Document:
        document = self.sandbox.clouds(user, **overrides)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "openstack"},
            "stringData": {"clouds.yaml": yaml.safe_dump(document)},
        }

    def profile(self, name: str = "web-server", **changes: Any) -> Document:
        document = sample("quickstart/profile.yaml")
        document["metadata"]["name"] = name
        document["spec"]["resource"]["metadata"] = {"namespace": self.namespace}
        document["spec"]["resource"]["properties"] |= changes
        return document

    def policy(self, name: str = "grow", **changes: Any) -> Document:
        document = sample("policies/scaling.yaml")
        document["metadata"]["name"] = name
        document["spec"]["resource"] |= {"name": f"{self.namespace}-{name}"} | changes
        return document

    def cluster(self, name: str = "web", **changes: Any) -> Document:
        document = sample("quickstart/cluster.yaml")
        document["metadata"]["name"] = name
        document["spec"]["resource"].pop("remediation")
        document["spec"]["resource"] |= {
            "metadata": {"namespace": self.namespace},
            "config": {"nodeNameFormat": f"{self.namespace}-$8R"},
        } | changes
        return document

    def receiver(self, name: str = "grow", **changes: Any) -> Document:
        """Return the manifest of a webhook that scales the cluster `web` out."""
        document = sample("receiver/receiver.yaml")
        document["metadata"]["name"] = name
        document["spec"].pop("channelSecretRef", None)
        resource = document["spec"]["resource"]
        resource |= {"name": f"{self.namespace}-{name}", "clusterRef": {"name": "web"}} | changes
        return document

    def operation(self, name: str, operation: Document, **spec: Any) -> Document:
        """Return the manifest of an operation; its usual target is the cluster `web`."""
        credentials = sample("quickstart/cluster.yaml")["spec"]["cloudCredentialsRef"]
        targets = ("clusterRef", "nodeRef", "clusterID", "nodeID")
        usual = {} if any(it in spec for it in targets) else {"clusterRef": {"name": "web"}}
        return {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "SenlinOperation",
            "metadata": {"name": name},
            "spec": {"cloudCredentialsRef": credentials, "operation": operation, **usual, **spec},
        }

    def ends(self, name: str, **options: Any) -> Document:
        """Wait until an operation is complete, or has failed; return it."""
        return self.wait(
            "SenlinOperation",
            name,
            lambda it: bool(condition(it, "Complete") or condition(it, "Failed")),
            "finished",
            **options,
        )

    def node(self, name: str = "web-1", **changes: Any) -> Document:
        document = sample("nodes/standalone.yaml")
        document["metadata"]["name"] = name
        document["spec"]["resource"].pop("remediation")
        document["spec"]["resource"] |= {
            "name": f"{self.namespace}-{name}",
            "metadata": {"namespace": self.namespace},
        } | changes
        return document

    def adopting(
        self, server: str, name: str = "web-1", adopt: Document | None = None, **changes: Any
    ) -> Document:
        """Return the manifest of a node that adopts a server."""
        document = self.node(name, adopt={"identity": server, **(adopt or {})}, **changes)
        document["spec"]["resource"].pop("profileRef")
        return document

    def nodes_named(self) -> str:
        """Return the pattern that matches the servers of this namespace, and no others."""
        return f"{self.namespace}-*"

    def quickstart(self, **changes: Any) -> Document:
        """Apply Secret, profile and cluster; return the cluster once it is Ready."""
        self.apply(self.secret(), self.profile(), self.cluster(**changes))
        return self.ready()


class TenantWithOperator(Tenant):
    """A tenant with an operator of its own, which serves nobody else."""

    def __init__(self, sandbox: Sandbox, namespace: str, log: Path) -> None:
        super().__init__(sandbox, namespace, lambda: self.operator.log.read_text())
        self.operator = Operator(sandbox.kubeconfig, namespace, log, PROGRAM)


def sample(path: str) -> Document:
    document: Document = yaml.safe_load((SAMPLES / path).read_text())
    return document


def patched(found: Document, body: Document) -> Document:
    """Return the manifest of an object as after a patch."""
    metadata = {"name": found["metadata"]["name"], **body.get("metadata", {})}
    spec = merged(found["spec"], body["spec"])
    return {
        **{key: found[key] for key in ("apiVersion", "kind")},
        "metadata": metadata,
        "spec": spec,
    }


def condition(document: Document, type_: str) -> Document:
    found = (document.get("status") or {}).get("conditions", ())
    return next((it for it in found if it["type"] == type_), {})


def is_ready(document: Document) -> bool:
    ready = condition(document, "Ready")
    return (
        ready.get("status") == "True"
        and ready["observedGeneration"] == document["metadata"]["generation"]
    )


def ticks(seconds: float, pause: float = 0.1) -> Iterator[None]:
    """Yield until the time is up, and once more.

    Who waits for long asks less and less often: the servers have other tests to serve.
    """
    end, longest = time.monotonic() + seconds, max(pause, 0.3)
    while time.monotonic() < end:
        yield
        time.sleep(pause)
        pause = min(pause * 1.1, longest)
    yield
