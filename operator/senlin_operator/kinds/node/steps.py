"""The steps for a node. All start an action, except those of an adoption and its profile."""

from dataclasses import dataclass, field, replace
from typing import Any

from openstack_clustering import Node, Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.node.adoption import adopt
from senlin_operator.kinds.node.desired import Adoption, Desired
from senlin_operator.kinds.node.observed import Observed
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.claim import metadata_of
from senlin_operator.kinds.shared.fields import from_observed, request
from senlin_operator.kinds.shared.remediation import parameters
from senlin_operator.model.ownership import Owner, entries, with_owner
from senlin_operator.model.step import Observation, Step, StepResult


@dataclass(frozen=True, slots=True)
class Create(Step):
    """A new node without a cluster; it joins one later."""

    desired: Desired

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of node {self.desired.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        fields = with_owner(request(self.desired), owner)
        if self.desired.cluster_id:
            # Senlin resets the role of a node that joins a cluster; an update sets it afterwards.
            fields["role"] = ""
        created = proxy.create_node(**fields)
        return StepResult(created.id, created.action_id)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        fields = from_observed(self.desired)
        if self.desired.cluster_id:
            fields["role"] = ""
        return Observed(**fields, id=id_, physical_id=id_, snapshot=snapshot)


@dataclass(frozen=True, slots=True)
class Adopt(Step):
    """A new node for an existing server."""

    desired: Desired
    adoption: Adoption

    verb = "Adopting"

    @property
    def summary(self) -> str:
        return f"adoption of {self.adoption.identity}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        return StepResult(adopt(proxy, self.desired, self.adoption, owner))


@dataclass(frozen=True, slots=True)
class ClaimProfile(Step):
    """The addition of the owner's marker to the profile that Senlin made for an adoption."""

    id: str
    profile_id: str

    verb = "MarkingProfile"

    @property
    def summary(self) -> str:
        return f"owner's marker on profile {self.profile_id}, which the adoption made"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        _claim(proxy, self.profile_id, owner)
        return StepResult(self.id)

    def lock(self, observed: Observation | None) -> str | None:
        return None

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, unclaimed_profile=None)


@dataclass(frozen=True, slots=True)
class DeleteAdopted(Step):
    """The deletion of a node whose profile has no marker yet.

    The marker is added first. Without it, the profile would not be found and deleted afterwards.
    """

    id: str
    profile_id: str
    force: bool = False

    verb = "Deleting"

    @property
    def summary(self) -> str:
        return Delete(self.id, self.force).summary

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        _claim(proxy, self.profile_id, owner)
        return Delete(self.id, self.force).run(proxy, owner)


@dataclass(frozen=True, slots=True)
class DeleteProfile(Step):
    """The deletion of the profile that an adoption made, after the node."""

    id: str

    verb = "DeletingProfile"

    @property
    def summary(self) -> str:
        return f"deletion of profile {self.id}, which the adoption made"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        proxy.delete_profile(self.id)
        return StepResult(self.id)

    def lock(self, observed: Observation | None) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class ReplaceUnbuilt(Step):
    """The deletion of a node that never had a server, in order to create it by another profile."""

    id: str

    verb = "Discarding"

    @property
    def summary(self) -> str:
        return "deletion of a node that could not be built, to create it again by another profile"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        deleted = proxy.delete_node(self.id)
        return StepResult(self.id, deleted.action_id if deleted else None, replaced=True)


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        updated = proxy.update_node(self.id, **with_owner(self.fields, owner))
        return StepResult(self.id, updated.action_id)


@dataclass(frozen=True, slots=True)
class Join(Step):
    """The addition of a node to a cluster."""

    id: str
    cluster_id: str
    name: str = field(compare=False)

    verb = "Joining"

    @property
    def summary(self) -> str:
        return f"entry into cluster {self.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        return StepResult(self.id, proxy.add_nodes_to_cluster(self.cluster_id, [self.id])["action"])

    def lock(self, observed: Observation | None) -> str | None:
        return self.cluster_id

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, cluster_id=self.cluster_id, role="")


@dataclass(frozen=True, slots=True)
class Leave(Step):
    """The removal of a node from its cluster; node and server stay."""

    id: str
    cluster_id: str
    name: str = field(compare=False)

    verb = "Leaving"

    @property
    def summary(self) -> str:
        return f"exit from cluster {self.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        reply = proxy.remove_nodes_from_cluster(
            self.cluster_id, [self.id], destroy_after_deletion=False
        )
        return StepResult(self.id, reply["action"])

    def lock(self, observed: Observation | None) -> str | None:
        return self.cluster_id

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, cluster_id="", role="")


@dataclass(frozen=True, slots=True)
class Recover(steps.Recover):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        reply = proxy.recover_node(self.id, **parameters(self.operation))
        return StepResult(self.id, reply["action"])

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, status="ACTIVE", unbuilt=False, interrupted=False, faults=[])


@dataclass(frozen=True, slots=True)
class Check(steps.Check):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        return StepResult(self.id, proxy.check_node(self.id)["action"])


@dataclass(frozen=True, slots=True)
class Delete(steps.Delete):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        deleted = proxy.delete_node(self.id, force_delete=self.force)
        return StepResult(self.id, deleted.action_id if deleted else None)


@dataclass(frozen=True, slots=True)
class Claim(claim.Claim):
    def fetch(self, proxy: Proxy) -> Node:
        return proxy.get_node(self.id)

    def write(self, proxy: Proxy, current: Node, owner: Owner) -> StepResult:
        updated = proxy.update_node(self.id, metadata=metadata_of(current, owner))
        return StepResult(self.id, updated.action_id)


def _claim(proxy: Proxy, profile_id: str, owner: Owner) -> None:
    proxy.update_profile(profile_id, metadata=entries(owner))
