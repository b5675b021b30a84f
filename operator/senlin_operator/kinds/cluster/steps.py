"""The steps for a cluster. Each starts an action, which still runs after the reply."""

from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.cluster import expected
from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import CREATED_EMPTY
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.claim import metadata_of
from senlin_operator.kinds.shared.fields import request
from senlin_operator.kinds.shared.remediation import parameters
from senlin_operator.model.ownership import Owner, with_owner
from senlin_operator.model.step import Step, StepResult
from senlin_operator.model.text import counted


@dataclass(frozen=True, slots=True)
class Create(Step):
    desired: Desired
    created_empty: bool = False  # kept in a marker until the cluster has grown
    later: int = field(default=0, compare=False)  # nodes that follow once policies are attached

    verb = "Creating"

    @property
    def summary(self) -> str:
        then = f", and {self.later} once its policies are attached" if self.later else ""
        return f"creation of a cluster with {counted(self.desired.desired_capacity, 'node')}{then}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        desired = self.desired
        fields = with_owner(request(desired), owner)
        if self.created_empty:
            fields["metadata"][CREATED_EMPTY] = "yes"
        created = proxy.create_cluster(
            **fields,
            min_size=desired.min_size,
            max_size=desired.max_size,
            desired_capacity=desired.desired_capacity,
        )
        return StepResult(created.id, created.action_id)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.created(self.desired, id_, created_empty=self.created_empty)


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        updated = proxy.update_cluster(self.id, **with_owner(self.fields, owner))
        return StepResult(self.id, updated.action_id)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.updated(observed, self.fields)


@dataclass(frozen=True, slots=True)
class Resize(Step):
    """A change of size, limits, or both."""

    id: str
    number: int
    min_size: int
    max_size: int
    summary: str = field(compare=False)

    verb = "Resizing"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        reply = proxy.resize_cluster(
            self.id,
            adjustment_type="EXACT_CAPACITY",
            number=self.number,
            min_size=self.min_size,
            max_size=self.max_size,
        )
        return StepResult(self.id, reply["action"])

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.resized(observed, self.number, self.min_size, self.max_size)


@dataclass(frozen=True, slots=True)
class RemoveNodes(Step):
    """The removal of given nodes with their servers; in a resize Senlin would choose the nodes."""

    id: str
    nodes: tuple[str, ...]
    summary: str = field(compare=False)

    verb = "RemovingNodes"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        reply = proxy.remove_nodes_from_cluster(self.id, self.nodes, destroy_after_deletion=True)
        return StepResult(self.id, reply["action"])

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.without(observed, self.nodes)


@dataclass(frozen=True, slots=True)
class UpdateNode(Step):
    """The change of one node to its cluster's profile, which an interrupted update left undone."""

    id: str
    node: str
    profile_id: str

    verb = "UpdatingNode"

    @property
    def summary(self) -> str:
        return f"node {self.node} back to the profile of its cluster"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        updated = proxy.update_node(self.node, profile_id=self.profile_id)
        return StepResult(self.node, updated.action_id)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.with_node_updated(observed, self.node)


@dataclass(frozen=True, slots=True)
class Recover(steps.Recover):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        reply = proxy.recover_cluster(self.id, **parameters(self.operation))
        return StepResult(self.id, reply["action"])

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return expected.recovered(observed)


@dataclass(frozen=True, slots=True)
class Check(steps.Check):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        return StepResult(self.id, proxy.check_cluster(self.id)["action"])


@dataclass(frozen=True, slots=True)
class Delete(steps.Delete):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        deleted = proxy.delete_cluster(self.id, force_delete=self.force)
        return StepResult(self.id, deleted.action_id if deleted else None)


@dataclass(frozen=True, slots=True)
class Claim(claim.Claim):
    def fetch(self, proxy: Proxy) -> Cluster:
        return proxy.get_cluster(self.id)

    def write(self, proxy: Proxy, current: Cluster, owner: Owner) -> StepResult:
        updated = proxy.update_cluster(self.id, metadata=metadata_of(current, owner))
        return StepResult(self.id, updated.action_id)
