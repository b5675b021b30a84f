"""The first size of a cluster that an autoscaler shall size."""

from typing import Any

import pytest

from senlin_operator.kinds.cluster.desired import first_size
from tests.unit.operator.builders import a_cluster_manifest, a_resource
from tests.unit.operator.environment import PROFILE, WEB, Environment

AUTOSCALED = {"capacityOwner": "Autoscaler", "minSize": 2, "maxSize": 5}


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        (AUTOSCALED, 2),
        (AUTOSCALED | {"minSize": 0}, 1),
        (AUTOSCALED | {"desiredCapacity": 4}, None),
        ({"capacityOwner": "Spec", "minSize": 2}, None),
        ({"capacityOwner": "Senlin", "minSize": 2}, None),
    ],
)
def test_first_size(fields: dict[str, Any], size: int | None) -> None:
    assert first_size(a_resource(a_cluster_manifest("web", fields))) == size


async def test_it_is_written_once(env: Environment) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", AUTOSCALED))

    await env.converge()

    assert env.reason(WEB) == "Ready"
    assert env.kube[WEB]["spec"]["resource"]["desiredCapacity"] == 2
    assert [what for what, name in env.writes() if name == "web"].count("size") == 1


@pytest.mark.parametrize(
    ("size", "counts"),
    [
        pytest.param(9, 5, id="above maxSize"),
        pytest.param(1, 2, id="below minSize"),
        pytest.param(0, 2, id="0, as an autoscaler writes it that scales to none"),
    ],
)
async def test_a_size_beyond_the_limits_is_told(env: Environment, size: int, counts: int) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", AUTOSCALED | {"desiredCapacity": size}))

    await env.converge()

    message = env.condition(WEB)["message"]
    nodes = f"{counts} of {counts} nodes are active"
    assert message == f"{nodes}; desiredCapacity {size} is beyond minSize or maxSize."
