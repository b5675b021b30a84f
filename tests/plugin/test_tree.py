"""`kubectl senlin tree` on a real cluster."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.operator.tenant import Tenant
from tests.operator.test_cluster_policies import listed, policy
from tests.plugin.conftest import Run

SHAPE = """\
SenlinCluster web Ready
├── conditions
│   ├── Ready             True   Ready             3 of 3 nodes are active.
│   ├── Reconciling       False  Ready
│   ├── Stalled           False  Ready
│   ├── ActionSucceeded   True   ActionSucceeded   desiredCapacity 0 → 3, minSize 0 → 1 succeeded.
│   ├── Available         True   EnoughNodes       Active nodes: 3; at least: 1.
│   └── PoliciesAttached  True   PoliciesAttached  Attached as they should be: 1.
├── cluster web  ACTIVE
├── profile web-server  os.nova.server-1.0  SenlinProfile web-server
├── members: 3 of 3 active; desired 3, min 1, max 5
│   ├── NODE  ACTIVE
│   ├── NODE  ACTIVE
│   └── NODE  ACTIVE
├── policies
│   └── deletion  senlin.policy.deletion-1.0  enabled  SenlinPolicy deletion
├── receivers
│   └── NAMESPACE-grow  webhook  CLUSTER_SCALE_OUT
└── last actions
    └── CLUSTER_RESIZE  SUCCEEDED  AGE
        ├── NODE_CREATE  NODE  SUCCEEDED
        ├── NODE_CREATE  NODE  SUCCEEDED
        └── NODE_CREATE  NODE  SUCCEEDED
"""


def test_a_cluster_with_all_that_it_has(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    tenant.apply(policy("deletion"), tenant.receiver())
    tenant.quickstart(policies=listed("deletion"))
    tenant.ready("SenlinReceiver", "grow")

    shown = senlin(tenant)("tree", "web", "--actions", "1")

    named = re.sub(rf"{tenant.namespace}-\w{{8}}\b", "NODE", shown.out)
    aged = re.sub(r"\d+[smh] ago, took \d+[smh]", "AGE", named)
    assert (shown.code, shown.err) == (0, "")
    assert aged.replace(tenant.namespace, "NAMESPACE") == SHAPE
    assert tenant.receivers()[0].id not in shown.out


def test_a_member_that_failed_tells_its_fault(
    tenant: Tenant, senlin: Callable[[Tenant], Run]
) -> None:
    tenant.quickstart()
    [server, *_] = tenant.sandbox.nova.servers(tenant.nodes_named())
    tenant.sandbox.nova.vanish(server["name"])
    [cluster] = tenant.clusters()
    checked = tenant.senlin.check_cluster(cluster.id)["action"]
    tenant.senlin.wait_for_action(checked)

    shown = senlin(tenant)("tree", "web").out

    assert re.search(r"─ \S+ +ERROR .*could not be found", shown), shown
    assert "2 of 3 active" in shown
    assert "CLUSTER_CHECK" in shown


@pytest.mark.parametrize("secret", [False, True], ids=["no Secret", "a Secret of nobody"])
def test_without_senlin_it_shows_what_kubernetes_knows(
    tenant: Tenant, senlin: Callable[[Tenant], Run], *, secret: bool
) -> None:
    tenant.quickstart()
    tenant.kubectl("annotate", "scl/web", "senlin.openstack.org/paused=true")
    wrong = tenant.secret(auth={"password": "hunter2"})
    tenant.kubectl("patch", "secret/openstack", "--type=merge", "-p", '{"data":{"clouds.yaml":""}}')
    if secret:
        tenant.apply(wrong)

    shown = senlin(tenant)("tree", "web")

    assert shown.code == 0
    last = shown.out.splitlines()[-1]
    assert last.startswith("└── Senlin: "), last
    assert "hunter2" not in shown.out + shown.err


def test_a_cluster_that_does_not_exist(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    shown = senlin(tenant)("tree", "nope")

    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith('error: senlinclusters.senlin.openstack.org "nope" not found')


def test_it_is_shown_again_as_it_changes(tenant: Tenant) -> None:
    tenant.quickstart()
    place = ("--kubeconfig", str(tenant.sandbox.kubeconfig), "-n", tenant.namespace)
    command = [sys.executable, "-m", "senlin_operator.plugin", "tree", "web", "--watch", *place]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout
            lines = iter(watching.stdout)
            next(line for line in lines if "members: 3 of 3 active" in line)
            tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
            next(line for line in lines if "members: 4 of 4 active" in line)
        finally:
            watching.send_signal(signal.SIGINT)
            watching.communicate()
    assert watching.returncode == 130
