"""What bounds an autoscaler: the limits, Senlin's policies, and an owner that it is not."""

from collections.abc import Callable
from typing import Any

import pytest

from openstack_clustering.exceptions import Conflict, ResourceFailure
from tests.operator.autoscaling.metrics_api import MetricsApi
from tests.operator.autoscaling.scaled import TEN_A_NODE, Scaled
from tests.operator.tenant import Document, condition
from tests.operator.test_cluster_policies import listed, policy

pytestmark = pytest.mark.slow


def test_limits_and_policies(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    # If it held for a change of size, a growth by one node would last a minute and more.
    slow = policy("slow", "senlin.policy.batch", max_batch_size=1, pause_time=120)
    out = scaling("out", "CLUSTER_SCALE_OUT", number=1)
    tenant.apply(policy("oldest", criteria="OLDEST_FIRST"), slow, out)
    cluster = tenant.without_a_size(minSize=1, maxSize=3, policies=listed("oldest", "slow", "out"))
    tenant.apply(tenant.secret(), tenant.profile(), cluster)
    tenant.ready()
    [oldest] = tenant.nodes()
    metrics.external = "50"

    tenant.autoscale(TEN_A_NODE)
    tenant.grows_or_shrinks_to(3)
    tenant.is_asked_for(5)
    told = condition(tenant.ready(), "Ready")["message"]
    assert told == "3 of 3 nodes are active; desiredCapacity 5 is beyond minSize or maxSize."
    assert tenant.scale() == (5, 3)

    tenant.edit("SenlinCluster", "web", minSize=2)
    metrics.external = "10"
    tenant.grows_or_shrinks_to(2)
    assert oldest.id not in {it.id for it in tenant.nodes()}
    told = condition(tenant.ready(), "Ready")["message"]
    assert told == "2 of 2 nodes are active; desiredCapacity 1 is beyond minSize or maxSize."
    assert tenant.drift() == []

    writes = tenant.writes()
    tenant.senlin.scale_out_cluster(tenant.clusters()[0].id)
    tenant.eventually(lambda: tenant.drift() != [], "set back")
    tenant.grows_or_shrinks_to(2)
    tenant.ready()
    assert tenant.drift() == ["Drift corrected. desiredCapacity 3 → 2"]
    assert tenant.writes() == writes


def test_a_size_that_senlin_owns(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    tenant.quickstart(capacityOwner="Senlin", desiredCapacity=1)
    metrics.external = "40"

    tenant.autoscale(TEN_A_NODE)
    sentence = "desiredCapacity 4 is not used, as capacityOwner is Senlin."
    tenant.eventually(lambda: ("NotUsed", sentence) in tenant.events("web"), "told")
    tenant.syncs_again()

    assert condition(tenant.ready(), "Ready")["message"] == f"1 of 1 nodes are active. {sentence}"
    assert tenant.scale() == (4, 1)
    assert tenant.autoscaler() == (4, 4)
    assert tenant.resizes() == []


def test_calls_of_scaling_policies(tenant: Scaled) -> None:
    """What Senlin refuses, what fails, and what it does as far as the limits allow."""
    out = scaling("out", "CLUSTER_SCALE_OUT", number=9, best_effort=True, cooldown=600)
    in_ = scaling("in", "CLUSTER_SCALE_IN", number=5)
    tenant.apply(out, in_)
    policies = listed("out", "in")
    owned = tenant.quickstart(capacityOwner="Senlin", desiredCapacity=1, policies=policies)
    id_, senlin = owned["status"]["id"], tenant.senlin

    with tenant.sandbox.nova.slow_builds(600, tenant.nodes_named()):
        grown = senlin.scale_out_cluster(id_)["action"]
        busy = refusal(lambda: senlin.scale_in_cluster(id_))
        assert busy in ("ActionConflict", "ResourceIsLocked")  # before and after the action begins
    assert senlin.wait_for_action(grown).status == "SUCCEEDED"
    assert len(tenant.nodes()) == 5
    assert refusal(lambda: senlin.scale_out_cluster(id_)) == "ActionCooldown"

    failed = senlin.scale_in_cluster(id_)["action"]
    with pytest.raises(ResourceFailure, match="less than the cluster's min_size"):
        senlin.wait_for_action(failed)
    assert len(tenant.nodes()) == 5


def scaling(name: str, event: str, **adjustment: Any) -> Document:
    return policy(name, "senlin.policy.scaling", event=event, adjustment=adjustment)


def refusal(request: Callable[[], object]) -> str | None:
    """Return how Senlin calls its refusal of a request, which it answers by 409."""
    with pytest.raises(Conflict) as refused:
        request()
    return refused.value.type
