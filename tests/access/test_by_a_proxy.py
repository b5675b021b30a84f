"""The operator where only a forward proxy leads to the API server, as in many companies."""

from pathlib import Path

import yaml

from tests.access.forward_proxy import ForwardProxy
from tests.access.kubeconfigs import written
from tests.operator.conftest import idle_tenant as idle_tenant
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator

SERVER = "kubernetes.invalid:6443"  # nobody but the proxy knows that name


def test_lists_watches_and_writes_all_pass_it(
    idle_tenant: TenantWithOperator, proxy: ForwardProxy, tmp_path: Path
) -> None:
    tenant = idle_tenant
    user = f"operator-of-{tenant.namespace}"
    kubeconfig = tenant.sandbox.user_kubeconfig(user, ["system:masters"])
    document = yaml.safe_load(kubeconfig.read_text())
    document["clusters"][0]["cluster"] |= {
        "server": f"https://{SERVER}",
        "tls-server-name": "localhost",
    }
    log = tenant.operator.log
    tenant.operator = Operator(written(tmp_path, document), tenant.namespace, log, PROGRAM)
    before = len(proxy.targets)

    tenant.operator.start(
        HTTPS_PROXY=f"http://{proxy.address}",
        NO_PROXY="10.0.0.0/8,192.168.0.0/16,127.0.0.0/8,localhost,.svc,.cluster.local",
    )
    tenant.quickstart(desiredCapacity=1)
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")

    verbs = {entry["verb"] for entry in tenant.sandbox.audit(user=user)}
    assert verbs >= {"list", "watch", "patch", "create"}
    assert proxy.targets[before:]
    assert set(proxy.targets[before:]) == {SERVER}
    assert tenant.operator.stop() == 0, tenant.tail()
