"""Senlin waits long for what Nova has given up; the status says what Nova says."""

import pytest

from sandbox import Sandbox
from tests.operator.tenant import condition
from tests.real.conftest import VOLATILE, RealTenant, message

pytestmark = [pytest.mark.real, pytest.mark.thorough]
CLOUD = "six_services"  # see conftest.py


def test_a_resize_that_nova_gives_up(tenant: RealTenant, cloud: Sandbox) -> None:
    """Senlin 16 waits 600 seconds for a server whose resize has failed."""
    tenant.apply(tenant.profile(), tenant.profile("larger", flavor="m1.small"))
    tenant.apply(tenant.cluster(desiredCapacity=1))
    tenant.ready()
    cloud.real.nova.no_valid_host(tenant.nodes_named())

    tenant.edit("SenlinCluster", "web", profileRef={"name": "larger"})

    waiting = tenant.wait(
        "SenlinCluster", "web", lambda it: "its resize failed" in message(it), "told"
    )
    assert condition(waiting, "Ready")["reason"] == "ActionRunning"
    assert "It has lasted since" in message(waiting)
    assert "Nova says SHUTOFF, its resize failed" in message(waiting)
    assert not VOLATILE.search(str(waiting["status"]))

    tenant.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/force-deletion=true")
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    tenant.eventually(lambda: cloud.nova.servers(tenant.nodes_named()) == [], "rid of the server")
