"""Tenants side by side, whom one operator serves: one that is good, and many that are not."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
import yaml

from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.settings import LOOPBACK, free_port
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import (
    GROUP,
    PLURALS,
    VERSION,
    Document,
    Tenant,
    condition,
    is_ready,
    ticks,
)
from tests.tenants.hostile_cloud import HostileCloud

Readiness = Mapping[str, tuple[str, str]]  # reason and message of Ready, by an object's name

CALLER = "senlin-operator"  # as the audit log has it

_THREADS = 8
_PAUSE = 0.02  # seconds between two readings of a state whose time is taken


class Crowd:
    """A good tenant, hostile ones, and the operator that serves just these.

    Attributes:
        good: Its cloud is the sandbox's.
        hostile: Their namespaces.
        operator: It has not been started.
        metrics_port: Of the operator, if it is started by `start`.
    """

    def __init__(self, sandbox: Sandbox, namespaces: Iterable[str], log: Path) -> None:
        good, *self.hostile = namespaces
        self.good = Tenant(sandbox, good, log.read_text)
        everybody = ",".join((good, *self.hostile))
        self.operator = Operator(sandbox.kubeconfig, everybody, log, PROGRAM)
        self.metrics_port = free_port()
        self._call = sandbox.kubernetes.call

    def start(self) -> None:
        """Start the operator, and have the good tenant's first profile made."""
        self.operator.start("--metrics-port", str(self.metrics_port))
        self.good.apply(self.good.secret(), self.good.profile())
        self.good.ready("SenlinProfile", "web-server")

    def make(self, namespace: str, cloud: HostileCloud, names: Iterable[str]) -> None:
        """Make the Secret of a hostile tenant, which leads to the clouds of these names."""
        clouds = {name: cloud.entry(f"{namespace}-{name}") for name in names}
        self._call("POST", f"/api/v1/namespaces/{namespace}/secrets", _secret(clouds))

    def change(self, namespace: str, cloud: str, **auth: str) -> None:
        """Change the login to one of the clouds in a hostile tenant's Secret, as its password."""
        path = f"/api/v1/namespaces/{namespace}/secrets/openstack"
        stored = self._call("GET", path)
        clouds = yaml.safe_load(base64.b64decode(stored["data"]["clouds.yaml"]))["clouds"]
        clouds[cloud]["auth"] |= auth
        stored["data"] = {}
        self._call("PUT", path, {**stored, **_secret(clouds), "metadata": stored["metadata"]})

    def profiles(self, namespace: str, cloud: str, number: int) -> None:
        """Make profiles of a hostile tenant."""
        documents = [self._profile(f"{cloud}-{at}", cloud) for at in range(number)]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda it: self.create(namespace, it), documents))

    def create(self, namespace: str, document: Document, secret: str = "openstack") -> Document:
        """Make an object that uses a Secret of its namespace; return it as it is stored."""
        document["spec"]["cloudCredentialsRef"]["secretName"] = secret
        created: Document = self._call("POST", self._path(namespace, document["kind"]), document)
        return created

    def create_secret(self, namespace: str, name: str, clouds_yaml: str | bytes) -> None:
        """Make a Secret of a hostile tenant."""
        content = clouds_yaml.encode() if isinstance(clouds_yaml, str) else clouds_yaml
        data = {"clouds.yaml": base64.b64encode(content).decode()}
        document = {"metadata": {"name": name}, "data": data}
        self._call("POST", f"/api/v1/namespaces/{namespace}/secrets", document)

    def objects(self, kind: str) -> dict[str, Document]:
        """Return the hostile tenants' objects of a kind, by name."""
        lists = (self._call("GET", self._path(each, kind))["items"] for each in self.hostile)
        return {it["metadata"]["name"]: it for items in lists for it in items}

    def readiness(self, *kinds: str) -> Readiness:
        """Return the condition Ready of the hostile tenants' objects that have one."""
        objects = (it for kind in kinds for it in self.objects(kind).items())
        ready = {name: condition(it, "Ready") for name, it in objects}
        return {name: (it["reason"], it["message"]) for name, it in ready.items() if it}

    def readiness_once(
        self,
        done: Callable[[Readiness], bool],
        seconds: float,
        kinds: Iterable[str] = ("SenlinProfile",),
    ) -> Readiness:
        """Return it once it is as wanted, or the time is up."""
        readiness: Readiness = {}
        for _ in ticks(seconds):
            readiness = self.readiness(*kinds)
            if done(readiness):
                break
        return readiness

    def shown(self) -> str:
        """Return all that others read of the hostile tenants: events, statuses, log, metrics."""
        paths = (f"/api/v1/namespaces/{each}/events" for each in self.hostile)
        events = [self._call("GET", path)["items"] for path in paths]
        statuses = [it.get("status") for kind in PLURALS for it in self.objects(kind).values()]
        return "\n".join([json.dumps([events, statuses]), self.good.log(), self.metrics()])

    def writes(self) -> Iterator[Document]:
        """Yield the entries of the audit log for the operator's writes in hostile namespaces."""
        for namespace in self.hostile:
            for entry in self.good.sandbox.audit(userAgent=CALLER, namespace=namespace):
                if entry["verb"] not in ("get", "list", "watch"):
                    yield entry

    def metrics(self) -> str:
        return fetch("GET", f"http://{LOOPBACK}:{self.metrics_port}/metrics").text

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
            self.delete_all(namespace)
            for kind in PLURALS:
                path = self._path(namespace, kind)
                while left := self._call("GET", path)["items"]:
                    with ThreadPoolExecutor(_THREADS) as pool:
                        list(pool.map(lambda it, path=path: self._release(path, it), left))

    def _release(self, path: str, document: Document) -> None:
        """Take the finalizers off an object that is being deleted, unless it changes meanwhile."""
        document["metadata"]["finalizers"] = []
        with suppress(requests.HTTPError):
            self._call("PUT", f"{path}/{document['metadata']['name']}", document)

    def delete_all(self, namespace: str) -> None:
        """Ask for the deletion of all custom resources in a namespace."""
        for kind in PLURALS:
            self._call("DELETE", self._path(namespace, kind))

    def _path(self, namespace: str, kind: str) -> str:
        return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURALS[kind]}"

    def _profile(self, name: str, cloud: str) -> Document:
        document = self.good.profile(name)
        document["spec"]["cloudCredentialsRef"]["cloudName"] = cloud
        return document


@contextmanager
def crowd_of(sandbox: Sandbox, shard: Shard, hostile: int, log: Path) -> Iterator[Crowd]:
    """Yield a good tenant that has its profile, and so many hostile ones that have nothing yet."""
    crowd = Crowd(sandbox, [a_namespace(sandbox, shard) for _ in range(hostile + 1)], log)
    try:
        crowd.start()
        yield crowd
    finally:
        crowd.tidy_up()


def _secret(clouds: Document) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "openstack"},
        "stringData": {"clouds.yaml": yaml.safe_dump({"clouds": clouds})},
    }
