"""What the stories of SenlinOperations share: manifests, and how one stands."""

from typing import Any

from openstack_clustering.exceptions import RequestTimeout
from senlin_operator.kube.objects import FINALIZER, Key
from tests.unit.operator.builders import Document, a_cluster, a_node, an_operation_manifest
from tests.unit.operator.environment import WEB, Environment

ONCE = Key("SenlinOperation", "team", "once")
UID = "once-uid"
THEIRS: Document = {"clusterID": "theirs"}
SCALE: Document = {"scaleOut": {"count": 1}}


def an_operation(operation: Document | None = None, **more: Any) -> Document:
    return an_operation_manifest(operation, **{"uid": UID, **more})


def begin(env: Environment, operation: Document | None = None, **more: Any) -> None:
    """Create the operation; Senlin works only when the test says so."""
    env.senlin.slow = True
    env.kube.apply(an_operation(operation, **more))


async def later(env: Environment, seconds: float = 1.0, key: Key = ONCE) -> None:
    """Let time pass: actions proceed, the project is polled, and the operation is reconciled."""
    env.clock.advance(seconds)
    env.senlin.work()
    await env.retry(key)
    await env.poll()


async def finish(env: Environment, key: Key = ONCE) -> None:
    """Let Senlin end all actions, and the operator notice it."""
    env.senlin.finish()
    await later(env, key=key)
    await later(env, key=key)


def status(env: Environment, key: Key = ONCE) -> Document:
    return dict(env.kube[key].get("status", {}))


def conditions(env: Environment, key: Key = ONCE) -> dict[str, str]:
    """Return the conditions that a Job has, and those that kstatus reads, if they are True."""
    found = status(env, key).get("conditions", ())
    return {it["type"]: it["reason"] for it in found if it["status"] == "True"}


def message(env: Environment, key: Key = ONCE) -> str:
    return str(env.condition(key)["message"])


def has_finalizer(env: Environment, key: Key = ONCE) -> bool:
    return FINALIZER in env.kube[key]["metadata"].get("finalizers", ())


def cluster_id(env: Environment) -> str:
    """Return the id of the cluster of SenlinCluster web."""
    return str(env.kube[WEB]["status"]["id"])


def put_theirs(env: Environment, **fields: Any) -> None:
    """Have somebody else make a cluster of three nodes, and two nodes in none."""
    nodes = [a_node(f"their-{number}", "theirs", metadata={}) for number in (1, 2, 3)]
    env.senlin.put(a_cluster("theirs", None, name="theirs", **fields), nodes)
    for name in ("spare-1", "spare-2"):
        env.senlin.put_node(a_node(name, "", metadata={}))


def sent(env: Environment, uid: str = UID) -> list[str]:
    """Return the actions that Senlin has begun for the operation."""
    return env.senlin.sent_for[uid]


async def lose_request(env: Environment, operation: Document = SCALE) -> None:
    """Have a request of the operation get lost before it reaches Senlin."""
    put_theirs(env)
    env.senlin.refusals.append(RequestTimeout("No answer came in time."))
    begin(env, operation, target=THEIRS)
    await env.converge(2)
    assert env.reason(ONCE) == "Observing"
    assert "sending" in status(env)
    assert sent(env) == []
