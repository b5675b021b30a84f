"""The users of a cloud object in Senlin, by the names that Kubernetes has for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from openstack_clustering import Cluster
from senlin_operator.cloud.snapshot import CloudObject
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.model.text import named

_ASKED = 20  # candidates, each of which may cost a request
_REQUEUE = 10.0  # seconds until the deletion is requested again; no poll wakes the object
_REQUEUE_UNMANAGED = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class User:
    """A cluster or a node; the nodes of a cluster are one user with it."""

    name: str
    managed: bool = False  # by a resource that exists
    detached: bool = False  # by the operator, and so it may use the cloud object for ever


async def users_of(cache: Cache, scope: Scope, id_: str) -> list[User]:
    """Return who uses the cloud object, first those that were detached; not all of very many.

    Raises:
        ClientException: Senlin does not say it.
    """
    users = scope.kind.users
    if users is None:
        return []
    candidates = users.candidates(scope.snapshot, id_)
    known = {it.id: _user(cache, scope, it) for it in candidates}
    candidates.sort(key=lambda it: (not known[it.id].detached, known[it.id].managed))
    found = await scope.session.call(
        "users", lambda proxy: users.among(proxy, candidates[:_ASKED], id_), urgent=True
    )
    return list(dict.fromkeys(known[it.id] for it in found))


def in_use(users: Sequence[User]) -> Waiting | Blocked:
    """Return the outcome while there are users, none of which was detached."""
    names = named([it.name for it in users])
    if any(it.managed for it in users):
        return Waiting(Reason.IN_USE, f"Senlin still uses it for {names}.", _REQUEUE)
    text = (
        f"Senlin still uses it for {names}, which no resource manages. Delete that in Senlin, or "
        "set spec.managedOptions.onDelete: detach here as well, to leave this in Senlin, too."
    )
    return Blocked(Reason.IN_USE, text, _REQUEUE_UNMANAGED)


def _user(cache: Cache, scope: Scope, candidate: CloudObject) -> User:
    """Return the resource that the candidate was made for; a member may have one of its own."""
    snapshot, resource = scope.snapshot, scope.resource
    uid = snapshot.owner_uid(candidate.id)
    cluster_id = snapshot.cluster_ids.get(candidate.id)
    cluster = snapshot.all(Cluster).get(cluster_id) if cluster_id and uid is None else None
    subject = cluster or candidate
    uid = snapshot.owner_uid(subject.id) or ""
    in_senlin = f"{type(subject).__name__.lower()} {subject.name}"
    if key := cache.owner_of(type(subject), uid):
        # A project may serve several namespaces, which need not know each other's names.
        name = str(key) if key.namespace == resource.key.namespace else in_senlin
        return User(name, managed=True)
    if uid in resource.detached_users:
        return User(resource.detached_users[uid], detached=True)
    return User(in_senlin)
