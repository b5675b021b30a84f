"""Inside a cluster: by the credentials that Kubernetes mounts, with the rights in the README."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.rights import operator_account
from tests.operator.world import PROGRAM, Operator, World

MOUNT = "/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
def mounted(world_account: World, tmp_path: Path) -> list[str]:
    """The command that runs the operator as in a pod: with a token mounted, and no kubeconfig."""
    config = yaml.safe_load(
        world_account.sandbox.service_account_kubeconfig(
            world_account.namespace, "operator"
        ).read_text()
    )
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text(config["users"][0]["user"]["token"])
    (account / "namespace").write_text(world_account.namespace)
    shutil.copy(world_account.sandbox.directory / "pki" / "ca.crt", account / "ca.crt")
    mount = f"mount -t tmpfs tmpfs /run && mkdir -p {MOUNT} && mount --bind {account} {MOUNT}"
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", f'{mount} && exec "$@"', "sh"]


@pytest.fixture
def world_account(idle_world: World) -> World:
    """A namespace with a ServiceAccount that has the operator's rights in it."""
    idle_world.apply(*operator_account(idle_world.namespace))
    return idle_world


def test_it_runs_by_the_mounted_account(
    sandbox: Sandbox, world_account: World, mounted: list[str]
) -> None:
    world = world_account
    world.operator = Operator(None, world.namespace, world.operator.log, [*mounted, *PROGRAM])
    host, port = sandbox.kubernetes.url.removeprefix("https://").split(":")

    world.operator.start(KUBERNETES_SERVICE_HOST=host, KUBERNETES_SERVICE_PORT=port)
    world.apply(world.policy())
    world.quickstart()
    world.ready("SenlinPolicy", "grow")
    world.delete("senlincluster/web", "senlinprofile/web-server", "senlinpolicy/grow")
    world.gone("SenlinPolicy", "grow")
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", "web-server")

    assert world.operator.stop() == 0, world.tail()


def test_without_any_way_in_it_says_so() -> None:
    environ = {**os.environ, "HOME": "/nonexistent"}
    environ.pop("KUBECONFIG", None)

    ended = subprocess.run(
        [*PROGRAM, "run"], capture_output=True, text=True, env=environ, timeout=30, check=False
    )

    assert ended.returncode == 1
    assert "There is no way into Kubernetes" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_the_custom_resources_it_says_how_to_install_them() -> None:
    with Sandbox.up() as bare:
        ended = subprocess.run(
            [*PROGRAM, "run", "--kubeconfig", str(bare.kubeconfig), "--metrics-port", "0"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 1
    assert "install it with kubectl apply -f crds/" in ended.stderr
    assert "Traceback" not in ended.stderr
