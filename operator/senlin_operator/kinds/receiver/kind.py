"""SenlinReceiver: a URL, or a message queue, by which others start an action on a cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from openstack_clustering import Cluster, Proxy, Receiver
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.receiver.dependents import Dependents
from senlin_operator.kinds.receiver.desired import Desired, desired, references
from senlin_operator.kinds.receiver.observed import Observed, observe
from senlin_operator.kinds.receiver.plan import plan
from senlin_operator.kinds.receiver.status import readiness, resource_status
from senlin_operator.kinds.receiver.steps import Claim, Delete
from senlin_operator.kinds.shared.fields import describe, fixed_difference, from_observed
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.kind import Kind
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.ownership import IN_NAME
from senlin_operator.model.step import Step

_REQUEUE = 5.0  # seconds; the latest snapshot is read again, and no poll is requested
_CLUSTER_ABSENT = Waiting(
    Reason.REFERENCE_NOT_READY,
    "Senlin does not list the cluster at present, or is deleting it.",
    requeue_after=_REQUEUE,
)


class ReceiverKind(Kind[Desired, Observed]):
    """Senlin creates and changes receivers at once, without an action.

    Receivers have no metadata, so the owner's marker is the end of the name. Whoever knows the id
    knows the URL of the webhook, and can start the action.
    """

    def __init__(self, *, repaired: bool = False) -> None:
        self._repaired = repaired

    name = "SenlinReceiver"
    plural = "senlinreceivers"
    short_name = "srcv"
    resource_type = Receiver
    notation = IN_NAME
    shows_id = False
    on_demand = True
    claimed_late = True

    dependents = Dependents()

    observe = staticmethod(observe)
    references = staticmethod(references)
    plan = staticmethod(plan)
    readiness = staticmethod(readiness)
    resource_status = staticmethod(resource_status)

    def desired(self, resource: Resource, known: Mapping[Key, Resource]) -> Desired:
        return replace(desired(resource, known), repaired=self._repaired)

    def list_objects(self, proxy: Proxy) -> Iterable[Receiver]:
        return proxy.receivers()

    def get_object(self, proxy: Proxy, id_: str) -> Receiver:
        return proxy.get_receiver(id_)

    def desired_from(self, observed: Observed) -> Desired:
        return Desired(**from_observed(observed), cluster_id=observed.cluster_id)

    def creation_blocked(self, desired: Desired, snapshot: Snapshot) -> Waiting | None:
        """Wait for a cluster that has vanished: Senlin 16 deletes its receivers with it."""
        if not desired.cluster_id:
            return None
        cluster = snapshot.get(Cluster, desired.cluster_id)
        return _CLUSTER_ABSENT if cluster is None or cluster.status == "DELETING" else None

    def delete(self, observed: Observed, *, force: bool) -> Step:
        return Delete(observed.id, observed.name)

    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        return Claim(id_, what, taken_from)

    def unfit(self, desired: Desired, observed: Observed) -> str:
        cluster = {"cluster": (observed.cluster_id, desired.cluster_id)}
        return describe(fixed_difference(desired, observed) | cluster)
