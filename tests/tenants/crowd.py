"""Tenants side by side, whom one operator serves: one that is good, and many that are not."""

import base64
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from sandbox import Sandbox
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import GROUP, PLURALS, VERSION, Document, Tenant, is_ready
from tests.tenants.hostile_cloud import HostileCloud

_THREADS = 8
_PAUSE = 0.02  # seconds between two readings of a state whose time is taken


class Crowd:
    """A good tenant, hostile ones, and the operator that serves just these.

    Attributes:
        good: Its cloud is the sandbox's.
        hostile: Their namespaces.
        operator: It has not been started.
    """

    def __init__(self, sandbox: Sandbox, namespaces: Iterable[str], log: Path) -> None:
        good, *self.hostile = namespaces
        self.good = Tenant(sandbox, good, log.read_text)
        everybody = ",".join((good, *self.hostile))
        self.operator = Operator(sandbox.kubeconfig, everybody, log, PROGRAM)
        self._call = sandbox.kubernetes.call

    def make(self, namespace: str, cloud: HostileCloud, names: Iterable[str]) -> None:
        """Make the Secret of a hostile tenant, which leads to the clouds of these names."""
        clouds = {name: cloud.entry(f"{namespace}-{name}") for name in names}
        self._call("POST", f"/api/v1/namespaces/{namespace}/secrets", _secret(clouds))

    def change(self, namespace: str, cloud: str, password: str) -> None:
        """Change the password for one of the clouds in a hostile tenant's Secret."""
        path = f"/api/v1/namespaces/{namespace}/secrets/openstack"
        stored = self._call("GET", path)
        clouds = yaml.safe_load(base64.b64decode(stored["data"]["clouds.yaml"]))["clouds"]
        clouds[cloud]["auth"]["password"] = password
        stored["data"] = {}
        self._call("PUT", path, {**stored, **_secret(clouds), "metadata": stored["metadata"]})

    def profiles(self, namespace: str, cloud: str, number: int) -> None:
        """Make profiles of a hostile tenant."""
        documents = [self._profile(f"{cloud}-{at}", cloud) for at in range(number)]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda it: self.create(namespace, it), documents))

    def create(self, namespace: str, document: Document) -> None:
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURALS[document['kind']]}"
        self._call("POST", path, document)

    def seconds_until_ready(self, name: str) -> float:
        """Return how long a new profile of the good tenant takes."""
        began = time.monotonic()
        self.create(self.good.namespace, self.good.profile(name))
        while not is_ready(self.good.get("SenlinProfile", name) or {}):
            if time.monotonic() - began > self.good.patience:
                raise AssertionError(f"{name} is not Ready:\n{self.good.tail()}")
            time.sleep(_PAUSE)
        return time.monotonic() - began

    def tidy_up(self) -> None:
        """Kill the operator, and delete what it would have had no end with."""
        self.operator.kill()
        for namespace in (self.good.namespace, *self.hostile):
            path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/senlinprofiles"
            self._call("DELETE", path)
            for left in self._call("GET", path)["items"]:
                name = left["metadata"]["name"]
                left["metadata"]["finalizers"] = []
                self._call("PUT", f"{path}/{name}", left)

    def _profile(self, name: str, cloud: str) -> Document:
        document = self.good.profile(name)
        document["spec"]["cloudCredentialsRef"]["cloudName"] = cloud
        return document


def _secret(clouds: Document) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "openstack"},
        "stringData": {"clouds.yaml": yaml.safe_dump({"clouds": clouds})},
    }
