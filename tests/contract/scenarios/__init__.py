"""The scenarios, by what they are about."""

from tests.contract.scenario import SCENARIOS
from tests.contract.scenarios import (
    actions,
    adoption,
    clusters,
    health,
    members,
    nodes,
    operations,
    policies,
    profiles,
    receivers,
    sizes,
    texts,
)

__all__ = [
    "SCENARIOS",
    "actions",
    "adoption",
    "clusters",
    "health",
    "members",
    "nodes",
    "operations",
    "policies",
    "profiles",
    "receivers",
    "sizes",
    "texts",
]
