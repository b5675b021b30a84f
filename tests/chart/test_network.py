"""The NetworkPolicy by default, and hardened: which connections an evaluator of policies permits.

Cyclonus knows what a policy means. That a network plug-in enforces it is not tried here.
"""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from sandbox.binaries import cyclonus_binary
from tests.chart.chart import CHART, RELEASE, Document, named, pods, rendered

HOME = "senlin-operator"

# Who takes part: a pod of the release, a pod in a namespace, or an address outside.
OPERATOR = f"Deployment {RELEASE}"
TEST = f"Pod {RELEASE}-test"
PROMETHEUS, STRANGER, DNS = "monitoring/prometheus", "default/stranger", "kube-system/dns"
KUBERNETES, OPENSTACK, ELSEWHERE = "192.0.2.10", "198.51.100.7", "203.0.113.1"
METADATA, METADATA_6, NODES_DNS = "169.254.169.254", "fd00:ec2::254", "169.254.20.10"


@pytest.fixture
def values() -> Document:
    """The hardened values."""
    return dict(yaml.safe_load((CHART / "hardened-values.yaml").read_text()))


def test_the_api_server_accepts_it(sandbox: Sandbox, namespace: str, values: Document) -> None:
    policy = named(rendered(sandbox, values, namespace=namespace), "NetworkPolicy")

    strict = ["--dry-run=server", "--validate=strict", "--filename=-"]
    answer = sandbox.kubectl("create", *strict, input=yaml.safe_dump(policy))

    assert "created (server dry run)" in answer
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize(
    ("source", "target", "port", "allowed"),
    [
        (OPERATOR, DNS, "53/UDP", True),
        (OPERATOR, DNS, "53/TCP", True),
        (OPERATOR, DNS, "9153/TCP", False),
        (OPERATOR, KUBERNETES, "6443/TCP", True),
        (OPERATOR, KUBERNETES, "22/TCP", False),
        (OPERATOR, OPENSTACK, "5000/TCP", True),
        (OPERATOR, OPENSTACK, "8778/TCP", True),
        (OPERATOR, OPENSTACK, "8774/TCP", True),
        (OPERATOR, OPENSTACK, "8004/TCP", True),
        (OPERATOR, OPENSTACK, "9696/TCP", False),
        (OPERATOR, ELSEWHERE, "443/TCP", False),
        (OPERATOR, STRANGER, "80/TCP", False),
        (OPERATOR, METADATA, "80/TCP", False),
        (ELSEWHERE, OPERATOR, "8081/TCP", True),  # kubelet, from a node
        (PROMETHEUS, OPERATOR, "8080/TCP", True),
        (TEST, OPERATOR, "8080/TCP", True),
        (STRANGER, OPERATOR, "8080/TCP", False),
        (ELSEWHERE, OPERATOR, "8080/TCP", False),
        (PROMETHEUS, OPERATOR, "22/TCP", False),
        (TEST, KUBERNETES, "6443/TCP", True),
    ],
)
def test_permitted_connections(
    sandbox: Sandbox, values: Document, source: str, target: str, port: str, allowed: bool
) -> None:
    objects = rendered(sandbox, values)

    assert passes(objects, source, target, port) == allowed


@pytest.mark.parametrize(
    ("source", "target", "port", "allowed"),
    [
        (STRANGER, OPERATOR, "8080/TCP", True),
        (ELSEWHERE, OPERATOR, "8081/TCP", True),  # kubelet, from a node
        (STRANGER, OPERATOR, "22/TCP", False),
        (OPERATOR, DNS, "53/UDP", True),
        (OPERATOR, NODES_DNS, "53/UDP", True),
        (OPERATOR, KUBERNETES, "6443/TCP", True),
        (OPERATOR, OPENSTACK, "5000/TCP", True),
        (OPERATOR, "openstack/keystone", "5000/TCP", True),
        (OPERATOR, "2001:db8::7", "5000/TCP", True),
        (OPERATOR, METADATA, "80/TCP", False),
        (OPERATOR, "169.254.170.2", "80/TCP", False),
        (OPERATOR, METADATA_6, "80/TCP", False),
        (OPERATOR, "fe80::1", "80/TCP", False),
    ],
)
def test_permitted_connections_with_default_values(
    sandbox: Sandbox, source: str, target: str, port: str, allowed: bool
) -> None:
    objects = rendered(sandbox, {})

    assert passes(objects, source, target, port) == allowed


def passes(objects: list[Document], source: str, target: str, port: str) -> bool:
    """Return whether the policy of a release allows a connection."""
    number, _, protocol = port.partition("/")
    [container] = pods(objects)[OPERATOR]["spec"]["containers"]
    port_names = {it["containerPort"]: it["name"] for it in container["ports"]}
    traffic = {
        "Source": peer(objects, source),
        "Destination": peer(objects, target),
        "Protocol": protocol,
        "ResolvedPort": int(number),
        "ResolvedPortName": port_names.get(int(number), "") if target == OPERATOR else "",
    }
    return evaluated(named(objects, "NetworkPolicy"), traffic)


def peer(objects: list[Document], who: str) -> dict[str, Any]:
    """Return one end of a connection, as Cyclonus wants it."""
    namespace, _, pod = who.partition("/")
    if who in pods(objects):
        namespace, labels = HOME, pods(objects)[who]["metadata"]["labels"]
    elif pod:
        labels = {"app": pod}
    else:
        return {"IP": who}
    of_namespace = {"kubernetes.io/metadata.name": namespace}  # Kubernetes gives it to each
    inner = {"Namespace": namespace, "NamespaceLabels": of_namespace, "PodLabels": labels}
    return {"IP": "10.244.0.9", "Internal": inner}


def evaluated(policy: Document, traffic: Document) -> bool:
    """Have Cyclonus say whether a policy allows a connection."""
    with tempfile.TemporaryDirectory() as name:
        policies, traffics = Path(name, "policy.yaml"), Path(name, "traffic.json")
        policies.write_text(yaml.safe_dump(policy))
        traffics.write_text(json.dumps([traffic]))
        files = [f"--policy-path={policies}", f"--traffic-path={traffics}"]
        command = [str(cyclonus_binary()), "analyze", "--mode=query-traffic", *files]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    [answer] = re.findall(r"IS ALLOWED\? +\| +(TRUE|FALSE)", done.stdout)
    return bool(answer == "TRUE")
