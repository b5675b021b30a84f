"""What Kubernetes refuses to the operator is said on the object, and ends by itself."""

import base64
from typing import Any

import pytest

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.telemetry.logging import configure
from tests.unit.operator.builders import (
    Document,
    a_cluster_manifest,
    a_profile_manifest,
    a_template_manifest,
    an_operation_manifest,
)
from tests.unit.operator.environment import SMALL, WEB, Environment
from tests.unit.operator.log_capture import LogCapture

OTHER = Key("SenlinProfile", "team", "other")
ONCE = Key("SenlinOperation", "team", "once")
QUOTA = KubeError(403, 'senlinprofiles "web-1" is forbidden: exceeded quota: few')
POLICY = KubeError(422, "ValidatingAdmissionPolicy 'strict' denied request: not here")
TOLD = f"Kubernetes refuses it: {QUOTA}"


def told(env: Environment) -> list[str]:
    return [note for _, reason, note in env.recorder.events if reason == "RefusedByKubernetes"]


@pytest.mark.parametrize(
    ("write", "manifest", "key"),
    [
        pytest.param("dependent", a_template_manifest(), WEB, id="an inline profile"),
        pytest.param("add finalizer", a_profile_manifest("other"), OTHER, id="a finalizer"),
    ],
)
async def test_a_refusal_is_shown_and_ends_by_itself(
    env: Environment, write: str, manifest: Document, key: Key
) -> None:
    await env.converge()
    env.requests()
    env.kube.forbidden[write] = QUOTA
    env.kube.apply(manifest)

    await env.converge()

    assert env.condition(key)["message"] == TOLD
    assert env.reason(key) == "RefusedByKubernetes"
    assert env.condition(key, "Stalled")["status"] == "True"
    assert told(env) == [TOLD]
    assert env.requests() == []

    env.kube.forbidden.clear()
    await env.retry(key, after=60)
    await env.converge()
    assert env.reason(key) == "Ready"


async def test_a_lasting_refusal_costs_no_write_and_no_log_line(
    env: Environment, logs: LogCapture
) -> None:
    env.kube.forbidden["dependent"] = QUOTA
    env.kube.apply(a_template_manifest())
    await env.converge()
    configure("json", "info")
    env.writes()

    for _ in range(5):
        await env.retry(WEB, after=60)

    assert {kind for kind, _ in env.writes()} == {"dependent"}
    assert logs.documents() == []
    assert len(told(env)) == 1


async def test_the_pause_grows_while_it_is_refused(env: Environment) -> None:
    env.kube.forbidden["dependent"] = QUOTA
    env.kube.apply(a_template_manifest())
    await env.converge()
    tries = []
    for _ in range(3):
        before = len(env.kube.writes)
        for _ in range(50):
            env.clock.advance(2)
            env.queue.add(SMALL)  # wakes the queue, which sleeps by a real clock
            await env.poll()
        tries.append(sum(kind == "dependent" for kind, _ in env.kube.writes[before:]))

    assert tries[0] > tries[2]
    assert 3 <= tries[2] <= 7


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(KubeError(0, "the Kubernetes API is not reachable"), id="not reachable"),
        pytest.param(KubeError(500, "etcdserver: no leader"), id="a failure"),
        pytest.param(KubeError(409, "the object has been modified"), id="a conflict"),
        pytest.param(KubeError(429, "too many requests"), id="too many requests"),
        pytest.param(KubeError(401, "Unauthorized"), id="the login of the operator"),
        pytest.param(
            KubeError(403, "unable to create new content because it is being terminated"),
            id="a namespace that is being deleted",
        ),
        pytest.param(
            KubeError(422, "no new finalizers can be added if the object is being deleted"),
            id="an object that is being deleted",
        ),
    ],
)
async def test_what_passes_by_itself_is_not_shown(env: Environment, error: KubeError) -> None:
    env.kube.forbidden["dependent"] = error
    env.kube.apply(a_template_manifest())

    await env.converge()

    assert "status" not in env.kube[WEB]
    assert told(env) == []


async def test_a_refused_status_is_told_by_an_event_and_the_log(
    env: Environment, logs: LogCapture
) -> None:
    configure("json", "info")
    env.kube.forbidden["status"] = POLICY
    env.kube.apply(a_cluster_manifest())

    await env.converge()

    assert "status" not in env.kube[WEB]
    assert f"Kubernetes refuses it: {POLICY}" in told(env)
    lines = [it for it in logs.documents() if it["event"] == "Kubernetes refuses"]
    assert {it["error"] for it in lines if it["name"] == "web"} == {str(POLICY)}


async def test_a_refused_deletion_says_so(ready_env: Environment) -> None:
    ready_env.kube.forbidden["remove finalizer"] = POLICY
    ready_env.kube.remove(WEB)

    await ready_env.converge(12)

    assert ready_env.reason(WEB) == "RefusedByKubernetes"
    ready_env.kube.forbidden.clear()
    await ready_env.retry(WEB, after=60)
    await ready_env.converge()
    assert WEB not in ready_env.kube


async def test_an_operation_whose_claim_is_refused_is_sent_later(ready_env: Environment) -> None:
    """Its status must not say that it is sent: the operator would look for its action for ever."""
    ready_env.requests()
    ready_env.kube.apply(an_operation_manifest({"check": {}}))
    await ready_env.converge(1)
    ready_env.kube.refusals += [POLICY]  # the claim alone

    for _ in range(3):
        await ready_env.converge(1)
        if "RefusedByKubernetes" in str(ready_env.kube[ONCE].get("status")):
            break
    assert ready_env.reason(ONCE) == "RefusedByKubernetes"
    assert "sending" not in ready_env.kube[ONCE]["status"]
    assert ready_env.requests() == []

    await ready_env.retry(ONCE, after=60)
    await ready_env.converge()
    assert ready_env.requests().count("check_cluster") == 1


async def test_a_finished_operation_keeps_its_conditions(ready_env: Environment) -> None:
    ready_env.kube.forbidden["remove finalizer"] = POLICY
    ready_env.kube.apply(an_operation_manifest({"check": {}}))

    for _ in range(6):
        await ready_env.converge(2)
        await ready_env.retry(ONCE, after=10)

    assert ready_env.reason(ONCE) == "Complete"
    assert told(ready_env)
    ready_env.kube.forbidden.clear()
    await ready_env.retry(ONCE, after=60)
    assert not Resource(ONCE.kind, ready_env.kube[ONCE]).has_finalizer


async def test_a_refusal_does_not_quote_a_secret() -> None:
    url = "http://senlin/v1/webhooks/secret/trigger"
    encoded = base64.b64encode(url.encode()).decode()

    class Refusing(KubeClient):
        async def send(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise KubeError(422, f"denied: {encoded} is {url}")

        def __init__(self) -> None:
            self._plurals = {}

    metadata = {"name": "grow", "namespace": "team", "uid": "1", "resourceVersion": "1"}
    owner = Resource("SenlinReceiver", {"metadata": metadata})
    key = Key("Secret", "team", "grow")
    kube = Refusing()
    for request in (
        kube.create_secret(owner, key, {"data": {"url": encoded}}, {}),
        kube.replace_secret_data(Resource("Secret", {"metadata": metadata}), {"url": encoded}, {}),
    ):
        with pytest.raises(KubeError, match=r"^denied: … is …$"):
            await request
