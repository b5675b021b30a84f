"""What works once the defects of Senlin 16 are repaired, and the operator knows that."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace, started
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import condition
from tests.real.conftest import RealTenant
from tests.real.test_rebuild import REBUILD, images, statuses, with_new_image
from tests.sandbox.test_real_messages import send

pytestmark = [pytest.mark.real, pytest.mark.thorough]


@pytest.fixture(scope="module")
def repaired() -> Iterator[Sandbox]:
    with started(cloud="real", only=("nova", "zaqar"), senlin="repaired") as cloud:
        yield cloud


@pytest.fixture
def tenant(repaired: Sandbox, tmp_path: Path) -> Iterator[RealTenant]:
    namespace, log = a_namespace(repaired), tmp_path / "operator.log"
    operator = Operator(repaired.kubeconfig, namespace, log, PROGRAM)
    operator.start("--senlin-repaired", "true")
    tenant = RealTenant(repaired, namespace, log.read_text)
    tenant.apply(tenant.secret())
    yield tenant
    operator.kill()


def test_a_repaired_senlin_rebuilds(tenant: RealTenant) -> None:
    tenant.quickstart(desiredCapacity=1, remediation=REBUILD)
    [server] = tenant.sandbox.nova.servers(tenant.nodes_named())
    before = images(tenant)

    tenant.edit("SenlinCluster", "web", **with_new_image(tenant))
    tenant.eventually(lambda: images(tenant) != before, "another image")
    tenant.ready()
    tenant.sandbox.nova.break_server(tenant.nodes_named())
    tenant.eventually(
        lambda: any("by REBUILD" in note for _, note in tenant.events("web")), "recovered"
    )
    tenant.eventually(lambda: statuses(tenant) == {"ACTIVE"}, "active")

    [after] = tenant.sandbox.nova.servers(tenant.nodes_named())
    assert after["id"] == server["id"]
    assert condition(tenant.ready(), "Ready")["status"] == "True"


def test_a_message_scales_a_cluster(tenant: RealTenant) -> None:
    cluster = tenant.quickstart(desiredCapacity=1, capacityOwner="Senlin")
    receiver = tenant.receiver(type="message")
    for field in ("clusterRef", "action", "params"):
        del receiver["spec"]["resource"][field]
    tenant.apply(receiver)
    tenant.ready("SenlinReceiver", "grow")
    secret = tenant.channel()
    assert secret
    channel = json.loads(base64.b64decode(secret.data["channel"]))

    send(tenant.sandbox, channel["queue_name"], cluster["status"]["id"])

    tenant.eventually(lambda: len(tenant.nodes()) == 2, "two nodes")
