"""The sandbox's node: what pods get from it, and what is left when it stops."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.image.archive import image_archive
from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.pods.init import hierarchies
from tests.pods.manifests import python_pod
from tests.sandbox.test_start import command, processes_of, run

PROBE = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}


def web_pod() -> dict[str, Any]:
    """Return a pod that serves HTTP."""
    code = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8080)"
    pod = python_pod("web", code, readinessProbe=PROBE)
    pod["spec"]["restartPolicy"] = "Always"
    return pod


def create(sandbox: Sandbox, namespace: str, pod: dict[str, Any]) -> None:
    sandbox.kubectl("create", f"--namespace={namespace}", "-f", "-", input=json.dumps(pod))


def wait_for(sandbox: Sandbox, namespace: str, condition: str, pod: str) -> None:
    what = [f"--for={condition}", f"pod/{pod}", f"--namespace={namespace}", "--timeout=60s"]
    sandbox.kubectl("wait", *what)


@pytest.fixture
def web(sandbox: Sandbox, namespace: str) -> str:
    create(sandbox, namespace, web_pod())
    wait_for(sandbox, namespace, "condition=Ready", "web")
    return "web"


@contextmanager
def forwarded(sandbox: Sandbox, namespace: str, pod: str) -> Iterator[int]:
    """Forward a free port to the pod's 8080."""
    command = [str(sandbox.bin / "kubectl"), f"--kubeconfig={sandbox.kubeconfig}", "port-forward"]
    with subprocess.Popen(
        [*command, f"--namespace={namespace}", f"pod/{pod}", ":8080"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()  # Forwarding from 127.0.0.1:43210 -> 8080
        yield int(line.split(" -> ")[0].rpartition(":")[2])
        process.terminate()


def test_port_forward_exec_and_logs_work(sandbox: Sandbox, namespace: str, web: str) -> None:
    with forwarded(sandbox, namespace, web) as port:
        assert fetch("GET", f"http://127.0.0.1:{port}/usr/").ok

    here = ["--namespace", namespace, web]
    who = sandbox.kubectl("exec", *here, "--", "python3.11", "-c", "import os; print(os.getuid())")
    assert who.strip() == "65532"
    assert '"GET /usr/ HTTP/1.1" 200' in sandbox.kubectl("logs", *here)


def test_a_pod_reaches_another_and_the_cloud_at_the_address_in_the_catalogue(
    sandbox: Sandbox, namespace: str, web: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods/{web}"
    other = sandbox.kubernetes.call("GET", path)["status"]["podIP"]
    auth_url = sandbox.clouds()["clouds"]["openstack"]["auth"]["auth_url"]
    urls = [f"http://{other}:8080/", auth_url, sandbox.senlin.url]
    code = f"import requests; print([requests.get(url).ok for url in {urls}])"

    create(sandbox, namespace, python_pod("client", code))
    wait_for(sandbox, namespace, "jsonpath={.status.phase}=Succeeded", "client")

    logs = sandbox.kubectl("logs", "client", f"--namespace={namespace}")
    assert logs.strip() == "[True, True, True]"


def test_a_pod_that_takes_more_memory_than_it_may_is_killed(
    sandbox: Sandbox, namespace: str
) -> None:
    limit = {"limits": {"memory": "32Mi"}}

    create(sandbox, namespace, python_pod("greedy", "b'x' * 10**9", resources=limit))

    reason = "{.status.containerStatuses[0].state.terminated.reason}"
    wait_for(sandbox, namespace, f"jsonpath={reason}=OOMKilled", "greedy")


@pytest.mark.thorough
def test_pods_come_back_after_a_power_cut_and_nothing_is_left_in_the_end(tmp_path: Path) -> None:
    directory = tmp_path / "place"
    with Sandbox.up(directory, pods=True, temporary=True) as own, own.inside():
        own.import_image(image_archive())
        create(own, "default", web_pod())
        wait_for(own, "default", "condition=Ready", "web")

        own.servers["node"].restart()
        restarts = "{.status.containerStatuses[0].restartCount}"
        wait_for(own, "default", f"jsonpath={restarts}=1", "web")
        wait_for(own, "default", "condition=Ready", "web")

        groups = [root / cgroup_of(own) for root in hierarchies()]
        assert all(group.exists() for group in groups)

    assert not any(group.exists() for group in groups)
    assert processes_of(directory) == []
    assert not directory.exists()


def cgroup_of(sandbox: Sandbox) -> str:
    lines = (sandbox.directory / "kubelet.yaml").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("cgroupRoot:")]
    return line.rpartition("/")[2]


@pytest.mark.thorough
def test_by_command_a_shell_is_inside(tmp_path: Path) -> None:
    place = ["--dir", str(tmp_path / "place")]
    code, shown = run("up", "--pods", *place)
    assert code == 0, shown
    try:
        shell = command("shell", *place, stdin=subprocess.PIPE)
        nodes, _ = shell.communicate("kubectl get nodes --output=name")
        assert nodes.strip() == "node/node"
    finally:
        run("down", "--purge", *place)
