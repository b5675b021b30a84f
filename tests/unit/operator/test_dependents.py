"""The Kubernetes objects that the operator creates for a resource that owns them."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from openstack_clustering import Cluster, Profile
from senlin_operator.kinds import KINDS
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import SECRET, Key, Owner, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import Dependent, Dependents
from senlin_operator.model.memory import Memory
from senlin_operator.model.outcome import Blocked
from senlin_operator.model.queue import Queue
from senlin_operator.model.scope import Scope
from senlin_operator.reconcile.dependents import DependentsApplier
from tests.unit.operator.builders import (
    UID,
    Document,
    a_cluster_manifest,
    a_policy_manifest,
    a_profile_manifest,
    a_template_manifest,
)
from tests.unit.operator.environment import SMALL, THREE, WEB, Environment
from tests.unit.operator.fake_kube import FakeKube

TWO = {"desiredCapacity": 2, "maxSize": 5}
MIRROR = {"profileRef": {"name": "small"}, "desiredCapacity": 2, "members": "Mirror"}


def a_template(flavor: str = "m1.tiny") -> Document:
    return a_template_manifest(flavor, TWO)


def profile_key(raw: Document) -> Key:
    return Key("SenlinProfile", "team", profile_name(Resource("SenlinCluster", raw)))


TINY, LARGE = profile_key(a_template()), profile_key(a_template("m1.large"))


@pytest.fixture
async def template_env(env: Environment) -> Environment:
    """Return an environment with a cluster of two nodes and an inline profile, Ready and idle."""
    env.kube.apply(a_template())
    await env.converge()
    assert (env.reason(WEB), env.reason(TINY)) == ("Ready", "Ready")
    env.requests()
    env.writes()
    return env


async def test_an_inline_profile_becomes_a_dependent(env: Environment) -> None:
    env.kube.apply(a_template())

    await env.converge()

    assert env.requests() == ["create_profile", "create_cluster"]
    dependent = Resource(TINY.kind, env.kube[TINY])
    assert dependent.controller == Owner("SenlinCluster", "team", UID)
    assert env.senlin.cluster(env.kube[WEB]["status"]["id"]).profile_id == dependent.cloud_id
    assert env.reason(WEB) == "Ready"


async def test_defaults_of_the_api_server_are_no_difference(template_env: Environment) -> None:
    await template_env.retry(WEB)
    await template_env.converge(2)

    assert template_env.writes() == []


async def test_a_dependent_that_differs_is_changed_back(template_env: Environment) -> None:
    raw = template_env.kube[TINY]
    template_env.kube.apply({**raw, "spec": {**raw["spec"], "resyncPeriod": "1s"}})

    await template_env.retry(WEB)

    assert template_env.kube[TINY]["spec"]["resyncPeriod"] == "10m"
    assert ("dependent", TINY.name) in template_env.writes()


async def test_a_deleted_dependent_is_created_again(
    template_env: Environment,
) -> None:
    old = template_env.kube[TINY]["metadata"]["uid"]

    template_env.kube.remove(TINY)
    await template_env.converge()
    assert template_env.reason(TINY) == "InUse"

    template_env.kube.remove(WEB)
    await template_env.converge()
    template_env.kube.apply(a_template())
    await template_env.converge()

    assert template_env.kube[TINY]["metadata"]["uid"] != old
    assert template_env.reason(WEB) == "Ready"


async def test_another_inline_profile_replaces_the_old_dependent(
    template_env: Environment,
) -> None:
    template_env.senlin.slow = True
    template_env.kube.apply(a_template("m1.large"))
    await template_env.converge(3)
    assert template_env.requests() == ["create_profile", "update_cluster"]
    assert TINY in template_env.kube
    assert "deletionTimestamp" not in template_env.kube[TINY]["metadata"]

    template_env.senlin.finish()
    await template_env.converge()

    assert template_env.requests() == ["delete_profile"]
    assert TINY not in template_env.kube
    assert len(template_env.senlin.poll().all(Profile)) == 1
    assert (template_env.reason(WEB), template_env.reason(LARGE)) == ("Ready", "Ready")


async def test_the_new_profile_of_a_running_update_is_not_pruned(template_env: Environment) -> None:
    """Even if the manifest changes meanwhile: Senlin does not count it as used yet."""
    template_env.senlin.slow = True
    template_env.kube.apply(a_template("m1.large"))
    await template_env.converge(3)
    assert template_env.requests() == ["create_profile", "update_cluster"]

    template_env.kube.apply(a_template("m1.tiny"))
    await template_env.converge(3)
    assert "deletionTimestamp" not in template_env.kube[LARGE]["metadata"]

    template_env.senlin.slow = False
    template_env.senlin.finish()
    await template_env.converge(8)

    assert template_env.reason(WEB) == "Ready"
    assert LARGE not in template_env.kube


async def test_an_old_profile_is_not_pruned_while_a_node_uses_it(template_env: Environment) -> None:
    id_ = template_env.kube[WEB]["status"]["id"]
    broken = template_env.senlin.members(id_)[0]
    template_env.kube.apply(a_template("none"))  # no node can be updated to it
    await template_env.converge()

    assert broken["profile_id"] == template_env.kube[TINY]["status"]["id"]
    assert "deletionTimestamp" not in template_env.kube[TINY]["metadata"]


async def test_a_name_in_use_is_reported(env: Environment) -> None:
    env.kube.apply(a_profile_manifest(TINY.name, uid="theirs"))
    before = env.kube[TINY]["spec"]

    env.kube.apply(a_template())
    await env.converge()

    assert env.reason(WEB) == "NameTaken"
    assert TINY.name in env.condition(WEB)["message"]
    assert env.kube[TINY]["spec"] == before
    assert env.requests() == ["create_profile"]  # of the other SenlinProfile


async def test_a_dependent_of_an_earlier_owner_of_the_same_name_is_waited_for(
    template_env: Environment,
) -> None:
    """The cluster was deleted with `--cascade=orphan`, or its dependent takes longer."""
    old = template_env.kube[TINY]
    template_env.kube.apply({**old, "metadata": {**old["metadata"], "finalizers": ["a.test/slow"]}})
    template_env.kube.remove(WEB)
    await template_env.converge()
    template_env.kube.apply(a_template_manifest("m1.tiny", TWO, uid="another"))
    await template_env.converge()
    assert template_env.reason(WEB) == "ReferenceMissing"
    assert "is being deleted" in template_env.condition(WEB)["message"]

    template_env.kube.apply(
        {**template_env.kube[TINY], "metadata": {**old["metadata"], "finalizers": []}}
    )
    await template_env.converge()

    assert template_env.reason(WEB) == "Ready"


async def test_a_dependent_is_deleted_with_its_owner(template_env: Environment) -> None:
    template_env.kube.remove(WEB)

    await template_env.converge()

    assert WEB not in template_env.kube
    assert TINY not in template_env.kube
    assert template_env.senlin.poll().all(Profile) == {}


async def test_a_foreground_deletion_deletes_dependents_first(template_env: Environment) -> None:
    template_env.kube.remove(WEB, foreground=True)

    await template_env.converge()

    assert WEB not in template_env.kube
    assert TINY not in template_env.kube
    assert template_env.senlin.poll().all(Cluster) == template_env.senlin.poll().all(Profile) == {}


async def test_a_reference_in_place_of_an_inline_profile_prunes_the_dependent(
    template_env: Environment,
) -> None:
    template_env.kube.apply(a_profile_manifest("small", uid="small-uid"))
    template_env.kube.apply(a_cluster_manifest("web", TWO))

    await template_env.converge(8)

    assert TINY not in template_env.kube
    assert template_env.reason(WEB) == "Ready"


async def test_a_dependent_that_kubernetes_refuses_is_retried(env: Environment) -> None:
    await env.poll()
    env.kube.refusals.append(KubeError(500, "etcd is away"))
    env.kube.apply(a_template())
    await env.poll()
    assert TINY not in env.kube

    await env.retry(WEB, after=10)
    await env.converge()

    assert env.reason(WEB) == "Ready"


async def test_undeclared_members_are_mirrored(ready_env: Environment) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", MIRROR))
    await ready_env.converge()

    mirrors = ready_env.kube.keys("SenlinNode")
    members = ready_env.senlin.members(ready_env.kube[WEB]["status"]["id"])
    assert [ready_env.kube[key]["status"]["id"] for key in mirrors] == [it["id"] for it in members]
    assert {ready_env.reason(key) for key in mirrors} == {"Ready"}

    ready_env.kube.apply(a_cluster_manifest("web", MIRROR | {"desiredCapacity": 1}))
    await ready_env.converge()

    assert len(ready_env.kube.keys("SenlinNode")) == 1


async def test_mirrors_are_pruned_when_the_manifest_no_longer_asks_for_them(
    ready_env: Environment,
) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", MIRROR))
    await ready_env.converge()

    ready_env.kube.apply(a_cluster_manifest("web", MIRROR | {"members": "Summary"}))
    await ready_env.converge()

    assert ready_env.kube.keys("SenlinNode") == []
    assert len(ready_env.senlin.members(ready_env.kube[WEB]["status"]["id"])) == 2


@pytest.mark.parametrize(
    ("forged", "namespace", "kind"),
    [
        pytest.param(a_profile_manifest("forged"), "evil", "SenlinCluster", id="another namespace"),
        pytest.param(a_profile_manifest("forged"), "team", "SenlinProfile", id="another kind"),
        pytest.param(a_policy_manifest("forged"), "team", "SenlinCluster", id="no dependent"),
    ],
)
async def test_what_names_an_owner_of_which_it_is_no_dependent_is_left_alone(
    ready_env: Environment, forged: Document, namespace: str, kind: str
) -> None:
    """Whoever writes it would have it deleted by the operator, or stop the owner by a refusal."""
    owner = {"kind": kind, "uid": ready_env.kube[WEB]["metadata"]["uid"], "controller": True}
    forged["metadata"] |= {"namespace": namespace, "uid": "forged", "ownerReferences": [owner]}
    key = ready_env.kube.apply(forged)
    await ready_env.until_idle()
    ready_env.writes()

    await ready_env.retry(WEB)
    ready_env.kube.apply(a_cluster_manifest("web", {**THREE, "timeoutSeconds": 60}))
    await ready_env.converge()

    assert ("deletion", "forged") not in ready_env.writes()
    assert not Resource(key.kind, ready_env.kube[key]).deleting
    assert ready_env.reason(WEB) == "Ready"


TOKEN = {"data": {"token": "c2VjcmV0"}}
OTHER_TOKEN = {"data": {"token": "bmV3"}}
TOKEN_KEY = Key(SECRET, "team", "small-token")


class SecretDependents(Dependents[Any]):
    """Keeps one Secret, or none."""

    kinds = frozenset([SECRET])
    manifest: Mapping[str, Any] | None = TOKEN
    dated: Mapping[str, str] = {}
    used = False
    wanted = False  # also without content

    def desired(self, resource: Resource, observed: Any) -> list[Dependent]:
        if self.manifest is None and not self.wanted:
            return []
        return [Dependent(SECRET, TOKEN_KEY.name, self.manifest, self.dated)]

    def in_use(self, dependent: Resource, observed: Any) -> bool:
        return self.used


class KindWithSecret(ProfileKind):
    def __init__(self) -> None:
        self.dependents = self.secret = SecretDependents()


class Applied:
    """A profile that owns a Secret, and the writes to Kubernetes that this takes."""

    def __init__(self) -> None:
        self.kind = KindWithSecret()
        self.kube = FakeKube(lambda *event: self._cache.on_event(*event))
        self.restart()
        self.owner = Resource(SMALL.kind, self.kube[self.kube.apply(a_profile_manifest())])

    def restart(self) -> None:
        """Start with a cache that has only what Kubernetes lists."""
        self._cache = Cache(KINDS, Queue())
        for kind, raw in self.kube.all():
            self._cache.on_event(kind, None, raw)

    async def apply(self) -> tuple[object, list[str]]:
        """Apply, then prune; return the outcome and the kinds of writes."""
        applier = DependentsApplier(self._cache, cast("KubeClient", self.kube))
        scope = Scope.begin(self.owner, self.kind, Memory())
        scope.observed = None
        self.kube.writes.clear()
        outcome = await applier.apply(scope)
        await applier.prune(scope)
        await asyncio.sleep(0)  # the watch reports the writes
        return outcome, [write for write, _ in self.kube.writes]


@pytest.fixture
async def applied() -> Applied:
    """Return a profile with the Secret that it owns."""
    applied = Applied()
    assert await applied.apply() == (None, ["dependent"])
    return applied


async def test_a_missing_secret_is_created_with_its_owner(applied: Applied) -> None:
    secret = applied.kube[TOKEN_KEY]

    assert secret["data"] == TOKEN["data"]
    assert Resource(SECRET, secret).controller == Owner("SenlinProfile", "team", UID)


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_unchanged_secret_is_not_written(applied: Applied, restarted: bool) -> None:
    if restarted:
        applied.restart()

    assert await applied.apply() == (None, [])


async def test_another_content_of_a_secret_is_written_once(applied: Applied) -> None:
    applied.kind.secret.manifest = OTHER_TOKEN

    assert await applied.apply() == (None, ["dependent"])
    assert await applied.apply() == (None, [])
    assert applied.kube[TOKEN_KEY]["data"] == OTHER_TOKEN["data"]


async def test_a_secret_that_others_changed_is_changed_back(applied: Applied) -> None:
    applied.kube.apply({**applied.kube[TOKEN_KEY], **OTHER_TOKEN})
    await asyncio.sleep(0)

    assert await applied.apply() == (None, ["dependent"])
    assert applied.kube[TOKEN_KEY]["data"] == TOKEN["data"]


async def test_a_secret_without_data_is_created_once() -> None:
    applied = Applied()
    applied.kind.secret.manifest = {}

    assert await applied.apply() == (None, ["dependent"])
    assert await applied.apply() == (None, [])


async def test_a_key_that_others_added_to_a_secret_is_removed(applied: Applied) -> None:
    data = {**TOKEN["data"], "more": "bW9yZQ=="}
    applied.kube.apply({**applied.kube[TOKEN_KEY], "data": data})
    await asyncio.sleep(0)

    assert await applied.apply() == (None, ["dependent"])
    assert applied.kube[TOKEN_KEY]["data"] == TOKEN["data"]


async def test_a_change_of_a_dated_key_is_dated(applied: Applied) -> None:
    applied.kind.secret.dated = {"a.test/changed-at": "token", "a.test/other-at": "other"}
    await applied.apply()
    assert "annotations" not in applied.kube[TOKEN_KEY]["metadata"]

    applied.kind.secret.manifest = OTHER_TOKEN
    await applied.apply()

    [(name, time)] = applied.kube[TOKEN_KEY]["metadata"]["annotations"].items()
    assert (name, time[-1]) == ("a.test/changed-at", "Z")


async def test_a_secret_whose_content_is_not_known_yet_is_not_written() -> None:
    applied = Applied()
    applied.kind.secret.manifest = None
    applied.kind.secret.wanted = True

    assert await applied.apply() == (None, [])


async def test_an_existing_secret_whose_content_is_not_known_is_left(applied: Applied) -> None:
    applied.kind.secret.manifest = None
    applied.kind.secret.wanted = True

    assert await applied.apply() == (None, [])
    assert applied.kube[TOKEN_KEY]["data"] == TOKEN["data"]


async def test_a_secret_that_no_watch_shows_is_not_overwritten() -> None:
    applied = Applied()
    applied.kube.hidden.add(TOKEN_KEY)

    outcome, writes = await applied.apply()

    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.NAME_TAKEN
    assert writes == ["refused"]


@pytest.mark.parametrize(
    ("used", "writes"),
    [pytest.param(False, ["deletion"], id="unused: deleted"), pytest.param(True, [], id="in use")],
)
async def test_a_secret_that_is_no_longer_desired_is_pruned(
    applied: Applied, used: bool, writes: list[str]
) -> None:
    applied.kind.secret.manifest, applied.kind.secret.used = None, used

    assert await applied.apply() == (None, writes)
    assert (TOKEN_KEY in applied.kube) == used


async def test_a_secret_of_others_is_not_overwritten() -> None:
    applied = Applied()
    applied.kube.apply(
        {"metadata": {"namespace": "team", "name": TOKEN_KEY.name, "uid": "theirs"}, **OTHER_TOKEN}
    )
    await asyncio.sleep(0)

    outcome, writes = await applied.apply()

    assert outcome == Blocked(
        Reason.NAME_TAKEN,
        "Secret small-token exists, but SenlinProfile small does not own it.",
        requeue_after=30,
    )
    assert writes == []
    assert applied.kube[TOKEN_KEY]["data"] == OTHER_TOKEN["data"]
