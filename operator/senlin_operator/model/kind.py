"""The contract between the reconcile path and a kind of custom resource.

`kinds/` implements it, a folder a kind; `reconcile/` calls it, and knows no kind by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from openstack_clustering import Proxy
from senlin_operator.cloud.snapshot import CloudObject, Marker, Snapshot
from senlin_operator.kube.conditions import Condition
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.outcome import Blocked, Settled, Waiting
from senlin_operator.model.ownership import IN_METADATA, Notation
from senlin_operator.model.step import Observation, Step

D = TypeVar("D")  # the desired state, read out of a manifest
O = TypeVar("O", bound=Observation)  # noqa: E741 - the observed state
Readiness = Settled | Blocked | Waiting


class Deletion(Generic[O]):
    """The parts of a deletion that differ from kind to kind."""

    def blocked(self, observed: O) -> Waiting | None:
        """Return the reason to wait before the delete request, if there is one.

        If it misses one, a request that Senlin refuses is sent again and again.
        """
        return None

    def leftovers(self, snapshot: Snapshot, uid: str) -> list[Step]:
        """Return the steps that delete further cloud objects of the owner.

        They run once the object itself is absent. A cloud object that is left out stays for ever:
        the finalizer is removed when this list is empty.
        """
        return []


class Checks(ABC, Generic[D, O]):
    """A kind whose servers Senlin can compare with its records."""

    @abstractmethod
    def step(self, observed: O) -> Step:
        """Return the step that starts the comparison.

        It is also sent when a transient status lasts too long. If it does not end that status,
        nothing else does, and the object waits for ever.
        """

    @abstractmethod
    def interval(self, desired: D) -> float | None:
        """Return the seconds between two routine checks; None: no routine checks."""


class Details(ABC, Generic[D, O]):
    """A kind with facts that no list shows, so that each object needs a request of its own."""

    @abstractmethod
    def version(self, desired: D, observed: O) -> object:
        """Return a value that differs when the facts may have changed; None: they are not needed.

        If it misses a change, the plan uses facts up to five minutes old.
        """

    @abstractmethod
    def fetch(self, proxy: Proxy, id_: str) -> Any:
        """Return the facts. It runs in a thread."""

    @abstractmethod
    def add(self, observed: O, facts: Any) -> O:
        """Return the observation with the facts added; `plan` and `readiness` get it."""


class Schemas(ABC, Generic[D, O]):
    """A kind whose plan needs what Senlin says of a profile type. It is asked once a session."""

    @abstractmethod
    def profile_type(self, desired: D, observed: O) -> str | None:
        """Return the type, with its version; None: the plan needs none.

        If it is None for a change of profile, the plan does not know what Senlin cannot change.
        """

    @abstractmethod
    def add(self, observed: O, schema: Mapping[str, Any]) -> O:
        """Return the observation with the schema of the type's properties added."""


class Members(ABC, Generic[O]):
    """A kind whose cloud objects contain those of other custom resources."""

    type_: ClassVar[type[CloudObject]]  # of the members

    @abstractmethod
    def owner_uids(self, observed: O | None) -> Iterable[str]:
        """Return the uids of the custom resources whose cloud objects are members of this one.

        `Kind.desired` gets these resources besides the references. A deletion waits until the
        cloud objects of those that are not being deleted have left. A member that is missing here
        is destroyed with the object. Some may be in other namespaces, which share the project.
        """

    @abstractmethod
    def vacate(self, observed: O) -> list[Step]:
        """Return the steps, if any, that let members leave before a deletion.

        Only the first is sent; the next reconcile asks again. Without these steps the deletion
        may wait for members that Senlin does not let leave.
        """

    @abstractmethod
    def moving(self, desired: Any) -> bool:
        """Return whether members are about to join or leave, by their own manifests.

        A step that follows from that is not told as a correction of drift.
        """


class Users(ABC):
    """A kind whose cloud objects Senlin does not delete while clusters or nodes use them."""

    @abstractmethod
    def candidates(self, snapshot: Snapshot, id_: str) -> list[CloudObject]:
        """Return the cloud objects that may use this one."""

    def among(self, proxy: Proxy, candidates: Iterable[CloudObject], id_: str) -> list[CloudObject]:
        """Return those of the candidates that use it. It runs in a thread."""
        return list(candidates)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A Kubernetes object that another one creates and owns, as a Deployment its ReplicaSets."""

    kind: str
    name: str
    # All but apiVersion, kind and metadata. None: the content is not known yet, so nothing is
    # written, but the name must not be taken.
    manifest: Mapping[str, Any] | None = field(repr=False)
    # Of a Secret: an annotation, and the key in `data` whose latest change of value it dates.
    dated: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)  # besides those of the owner


class Dependents(ABC, Generic[O]):
    """A kind that owns other Kubernetes objects: custom resources or Secrets."""

    # Those that the operator makes for such owners. Others may name the same owner in objects of
    # any kind, which the operator must leave alone.
    kinds: ClassVar[frozenset[str]]

    @abstractmethod
    def desired(self, resource: Resource, observed: O | None) -> list[Dependent]:
        """Return the dependents that should exist.

        They are created or changed before references resolve, so a reference may name one.
        """

    @abstractmethod
    def in_use(self, dependent: Resource, observed: O | None) -> bool:
        """Return whether a dependent that is not desired any more must stay for now.

        If not, it is deleted, with its cloud object.
        """

    def for_status(self, resource: Resource) -> Mapping[str, Any]:
        """Return the part of `status.resource` that names dependents."""
        return {}


class ResourceKind(ABC):
    """What all kinds of custom resources have."""

    name: ClassVar[str]  # in manifests, such as SenlinProfile
    plural: ClassVar[str]  # in the API's paths
    short_name: ClassVar[str]  # on the command line, as in the custom resource definition

    @property
    def has_members(self) -> bool:
        """Return whether the desired state of a resource depends on its referrers."""
        return False

    def references(self, resource: Resource) -> tuple[Key, ...]:
        """Return the custom resources that the manifest refers to.

        A reconcile waits until each has a cloud id, and is woken when one changes. A reference
        that is left out here is not known to the reconcile, and may be deleted while it is in use.
        The cache also calls this for unmanaged resources, which have no `spec.resource`.
        """
        return ()

    def nodes(self, resource: Resource) -> Mapping[str, int]:
        """Return how many nodes there should be and are, by state, for the metrics.

        Unmanaged resources have no `spec.resource`, and new ones no status.
        """
        return {}


class Kind(ResourceKind, Generic[D, O]):
    """A kind of custom resource that stands for a cloud object, and converges it.

    All methods but `list_objects` are pure. They are called at any time, any number of times, and
    after a crash at any point.
    """

    resource_type: ClassVar[type[CloudObject]]  # the client's class of its cloud objects

    notation: ClassVar[Notation] = IN_METADATA  # how its cloud objects carry the owner's marker

    # Whether `status.id` shows the id of the cloud object. False: the id is as good as a password.
    # Then the owner's marker alone identifies the cloud object for a new process, and no text may
    # have the id: step summaries, readiness, `repr`. Otherwise whoever reads the status can use it.
    shows_id: ClassVar[bool] = True
    # Whether a poll lists the kind only if a resource of that kind uses the credential. No other
    # kind may read such cloud objects: they would find none.
    on_demand: ClassVar[bool] = False

    claimed_late: ClassVar[bool] = False  # whether `unfit` needs the references

    deletion: Deletion[O] = Deletion()
    checks: Checks[D, O] | None = None
    details: Details[D, O] | None = None
    schemas: Schemas[D, O] | None = None
    members: Members[O] | None = None
    dependents: Dependents[O] | None = None
    users: Users | None = None

    @property
    def has_members(self) -> bool:
        return self.members is not None

    # Used by a poll.

    @abstractmethod
    def list_objects(self, proxy: Proxy) -> Iterable[CloudObject]:
        """Yield all cloud objects of the kind that the project holds.

        It must be one request without a limit. An object that the list leaves out counts as
        deleted, and is created again. It runs in a thread.
        """

    @abstractmethod
    def get_object(self, proxy: Proxy, id_: str) -> CloudObject:
        """Return a cloud object of the kind by its id. It runs in a thread.

        Raises:
            ResourceNotFound: The project has no such object, and so it counts as deleted.
        """

    def list_members(self, proxy: Proxy, cluster: CloudObject) -> Iterable[CloudObject]:
        """Yield the cloud objects of the kind that are members of a cluster. It runs in a thread.

        Raises:
            BadRequest: The cluster does not exist any more.
        """
        return ()

    def marker(self, cloud_object: Any) -> Marker | None:
        """Return what a cloud object says of the custom resource that made it.

        If it misses a marker, a crash after a create request leads to a second create, and the
        first cloud object is never deleted.
        """
        return self.notation.read(cloud_object)

    def cluster_id(self, cloud_object: Any) -> str | None:
        """Return the id of the cluster that the cloud object is a member of.

        If it misses one, changes and actions of the member do not wake the cluster's resource.
        """
        return None

    # Used by a reconcile, in this order.

    @abstractmethod
    def observe(self, snapshot: Snapshot, id_: str | None, uid: str) -> O | None:
        """Return the cloud object by id, else by the owner's uid; None: the project has none.

        It must use `Snapshot.find`, so that every reconcile chooses the same one of several
        duplicates, and the others are known and deleted.
        """

    @abstractmethod
    def desired(self, resource: Resource, known: Mapping[Key, Resource]) -> D:
        """Return the content of the manifest, with every reference replaced by its cloud id.

        Equal content must compare equal: the pause after a failure lasts while the desired state
        stays equal, so an unequal one is retried without a pause.

        Args:
            resource: The custom resource, managed; the API server has validated it.
            known: The references by key. A kind with members also gets the resources of
                `Members.owner_uids`, and all referrers.
        """

    @abstractmethod
    def desired_from(self, observed: O) -> D:
        """Return the observed state as the desired state: an unmanaged object has no other.

        It is compared in `readiness` and `conditions`, and never planned from.
        """

    def creation_blocked(self, desired: D, snapshot: Snapshot) -> Waiting | None:
        """Return the reason to wait before the creation, if there is one.

        If it misses one, a request that Senlin refuses is sent, and the object counts as Stalled.
        """
        return None

    @abstractmethod
    def plan(self, desired: D, observed: O | None) -> list[Step]:
        """Return the steps from the observed to the desired state.

        None means that the object is known to be absent, and the plan must begin with its creation.
        Only the first step is carried out; the next plan is made from its result. A step must
        change the observation so that it is not planned again, or the object ends in NoEffect.
        """

    @abstractmethod
    def delete(self, observed: O, *, force: bool) -> Step:
        """Return the step that deletes the cloud object.

        Args:
            observed: The cloud object.
            force: Delete it even while an action runs on it. A kind without actions ignores this.
        """

    @abstractmethod
    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        """Return the step that takes over a cloud object which the operator did not make.

        Args:
            id_: The cloud object.
            what: The step's summary.
            taken_from: The uid in the owner's marker that it may have.
        """

    def unfit(self, desired: D, observed: O) -> str:
        """Return what of a cloud object Senlin can never change to what the manifest says.

        If it misses a difference, the object is taken over, and never Ready.
        """
        return ""

    def unclaimable(self, observed: O) -> str:
        """Return why Senlin would not take the owner's marker now; empty: it would."""
        return ""

    @abstractmethod
    def readiness(self, desired: D, observed: O) -> Readiness:
        """Return whether an object whose plan is empty, or that is unmanaged, is healthy.

        A Waiting without a time to requeue must end by a change that wakes the object: in the
        cloud, of its manifest, or of a resource that it refers to.
        """

    @abstractmethod
    def resource_status(self, observed: O) -> Mapping[str, Any]:
        """Return `status.resource`.

        A value that changes by itself, such as a time, causes a write at every reconcile.
        """

    def first_size(self, resource: Resource) -> int | None:
        """Return the size to write into the spec, which lacks one; None: it needs none.

        An autoscaler reads the size from the spec before it writes one.
        """
        return None

    def pod_selector(self, resource: Resource) -> str | None:
        """Return `status.selector`, which an autoscaler reads; None: the kind has no size.

        It selects the pods that run on the nodes, whose load the autoscaler may follow.
        """
        return None

    def conditions(self, desired: D, observed: O) -> list[Condition]:
        """Return the conditions that this kind alone has.

        Their types must be in `_KIND_SPECIFIC` of kube/status.py. Otherwise a reconcile that ends
        early, such as one with a refused credential, drops them from the status.
        """
        return []


AnyKind = Kind[Any, Any]
