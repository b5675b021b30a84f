"""The checks that ask Keystone and Senlin, with one credential of a Secret."""

from collections.abc import Collection, Iterator

from openstack_clustering import ClientException, Policy, Proxy, Receiver
from openstack_clustering.exceptions import (
    EndpointNotFound,
    Forbidden,
    UnsupportedMicroversion,
)
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.polls import Poll, whole
from senlin_operator.cloud.snapshot import CloudObject, Marker, Snapshot
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import IN_NAME, is_marker
from senlin_operator.plugin.checks.finding import Finding, Level
from senlin_operator.plugin.cloud import connect, told
from senlin_operator.plugin.terminal import clean
from senlin_operator.reconcile.actions import overdue
from senlin_operator.telemetry import clock

_NOUNS = {"Cluster": "", "Node": " node", "Profile": " profile", "Policy": " policy"}


def cloud(
    secret: Key, credential: Credential, uids: Collection[str] | None, kubernetes: str
) -> Iterator[Finding]:
    """Yield what is found in the project of a credential. It runs in a thread.

    Args:
        secret: Where the credential is from.
        credential: The credential.
        uids: Those of all custom resources; None: the person may not list all.
        kubernetes: The identity of this Kubernetes; empty: it could not be read.
    """
    with connect(credential) as connection:
        try:
            proxy = connection.cluster
        except ClientException as error:
            yield _no_login(secret, error)
            return
        yield Finding(
            Level.OK, f"Keystone takes the login, and lists Senlin{_project(credential)}."
        )
        try:
            yield _microversion(proxy)
            yield _services(proxy)
            snapshot = whole(proxy, tuple(KINDS.values()), Poll(clock.monotonic(), {}, {}))
        except ClientException as error:
            yield Finding(Level.ERROR, f"Senlin does not answer: {told(error)}", "See its logs.")
            return
        yield from _stuck(snapshot)
        yield from _orphans(snapshot, uids, kubernetes)


def _project(credential: Credential) -> str:
    return f" (project {clean(credential.project)})" if credential.project else ""


def _no_login(secret: Key, error: ClientException) -> Finding:
    if isinstance(error, EndpointNotFound):
        remedy = "Is region_name or interface wrong in clouds.yaml? See docs/reasons/"
        return Finding(Level.ERROR, str(error), f"{remedy}NoClusteringService.md")
    remedy = f"Correct the clouds.yaml in Secret {secret.name}: docs/credentials.md"
    return Finding(Level.ERROR, told(error), remedy)


def _microversion(proxy: Proxy) -> Finding:
    try:
        # The newest that the operator needs: it asks for the actions of a cluster.
        next(proxy.actions(cluster_id="-", limit=1), None)
    except UnsupportedMicroversion as error:
        return Finding(Level.ERROR, str(error), "The last release has 1.14: upgrade Senlin.")
    return Finding(Level.OK, "Senlin has the microversion that the operator needs.")


def _services(proxy: Proxy) -> Finding:
    try:
        services = list(proxy.services())
    except Forbidden:
        text = "Senlin's services: only an administrator of OpenStack may list them."
        return Finding(Level.UNKNOWN, text)
    down = [f"{it.binary} on {it.host}" for it in services if it.state != "up"]
    engines = [it for it in services if it.binary == "senlin-engine" and it.state == "up"]
    if not engines:
        return Finding(Level.ERROR, "No engine of Senlin is up.", "Start senlin-engine.")
    if down:
        text = f"These services of Senlin are down: {clean(', '.join(down))}."
        return Finding(Level.WARNING, text, "Start them, or run senlin-manage service clean.")
    return Finding(Level.OK, f"All {len(services)} services of Senlin are up.")


def _stuck(snapshot: Snapshot) -> Iterator[Finding]:
    policies = snapshot.all(Policy).values()
    late = list(overdue(snapshot.unfinished.values(), policies))
    for action in late:
        text = f"Action {action.id} ({action.action} on {action.target_id}) is long overdue."
        remedy = (
            "Its engine must have died. The operator cancels what its resources wait for; else: "
            f"openstack cluster action cancel --force {action.id}"
        )
        yield Finding(Level.WARNING, clean(text), remedy)
    if not late:
        yield Finding(Level.OK, f"No action is stuck; {len(snapshot.unfinished)} have not ended.")


def _orphans(
    snapshot: Snapshot, uids: Collection[str] | None, kubernetes: str
) -> Iterator[Finding]:
    if uids is None:
        text = "Orphans: you may not list the resources of all namespaces."
        yield Finding(Level.UNKNOWN, text, "Have somebody run this who may.")
        return
    orphans = [
        (type_, item)
        for type_, items in snapshot.objects.items()
        for id_, item in items.items()
        if (marker := snapshot.markers.get(id_))
        and is_marker(marker)
        and marker.uid not in uids
        and not _is_elsewhere(marker, kubernetes)
    ]
    for type_, item in orphans:
        yield _orphan(type_, item)
    if not orphans:
        yield Finding(Level.OK, "Each object with an owner's marker has its resource.")


def _is_elsewhere(marker: Marker, kubernetes: str) -> bool:
    """Return whether a marker says that the resource is in another Kubernetes."""
    noted = IN_NAME.noted(Marker(marker.uid, kubernetes, ""))
    return bool(kubernetes) and marker.kubernetes not in ("", kubernetes, noted.kubernetes)


def _orphan(type_: type[CloudObject], item: CloudObject) -> Finding:
    noun = type_.__name__
    # Whoever knows the id of a receiver can start its action.
    id_ = item.name if type_ is Receiver else item.id
    text = f"{noun} {clean(item.name)} was made for a resource that is not in this Kubernetes."
    command = f"openstack cluster{_NOUNS.get(noun, ' receiver')} delete {clean(id_)}"
    remedy = f"If no other Kubernetes manages it, and nobody has detached it: {command}"
    return Finding(Level.WARNING, text, remedy)
