"""Resources move to a second Kubernetes, and the first one does not fight for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.tenant import TenantWithOperator
from tests.operator.test_restore import backup, in_senlin, is_taken_over, restore
from tests.operator.test_taking_over import TAKE_OVER, annotate, writes

NAMES = (
    ("SenlinCluster", "web"),
    ("SenlinPolicy", "grow"),
    ("SenlinProfile", "web-server"),
    ("SenlinReceiver", "grow"),
)


@pytest.fixture
def there(
    tenant_with_operator: TenantWithOperator, sandbox_of_its_own: Sandbox, tmp_path: Path
) -> Iterator[TenantWithOperator]:
    """The same namespace of a second Kubernetes, whose Secret leads to the same project."""
    here = tenant_with_operator
    sandbox_of_its_own.kubectl("create", "namespace", here.namespace)
    there = TenantWithOperator(sandbox_of_its_own, here.namespace, tmp_path / "there.log")
    there.senlin = here.senlin
    there.apply(here.secret())
    there.operator.start()
    yield there
    there.operator.kill()


def test_all_moves_when_a_person_says_so(
    tenant_with_operator: TenantWithOperator, there: TenantWithOperator
) -> None:
    here = tenant_with_operator
    here.apply(here.policy(), here.receiver())
    id_ = here.quickstart(policies=[{"policyRef": {"name": "grow"}}])["status"]["id"]
    here.ready("SenlinReceiver", "grow")
    before, url, done = in_senlin(here), here.url(), writes(here, id_)

    restore(there, backup(here), status=False)

    identity = here.core.read_namespace("kube-system").metadata.uid
    for kind, name in NAMES:
        told = there.waits_for("OwnedElsewhere", kind, name)
        if kind in ("SenlinCluster", "SenlinProfile"):  # what has metadata can say where that is
            where = f"in namespace {here.namespace} of the Kubernetes {identity}"
            assert where in told["message"]
    assert (in_senlin(here), writes(here, id_)) == (before, done)

    [receiver] = here.receivers()
    for kind, name in NAMES:
        found = here.get(kind, name)
        assert found
        which = receiver.name if kind == "SenlinReceiver" else found["status"]["id"]
        annotate(there, kind, name, **{TAKE_OVER: which})
    for kind, name in NAMES:
        there.wait(kind, name, is_taken_over, "taken over")
        there.ready(kind, name)
        here.waits_for("OwnedElsewhere", kind, name)
    assert there.url() == url
    assert (in_senlin(here), writes(here, id_)) == (before, sorted([*done, "CLUSTER_UPDATE"]))

    here.delete_everything()
    for kind, name in NAMES:
        here.gone(kind, name)
    assert in_senlin(here) == before
    there.kubectl("scale", "senlincluster/web", "--replicas=4")
    assert there.ready()["status"]["resource"]["nodes"]["active"] == 4

    there.delete_everything()
    for kind, name in NAMES:
        there.gone(kind, name)
    there.eventually(lambda: not any(in_senlin(here).values()), "deleted in Senlin")
