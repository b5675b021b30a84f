"""Changes by people, clouds, engines and crashes in any order: the operator converges in the end.

The real reconcile path runs between a fake Kubernetes and a fake Senlin; Hypothesis chooses the
events.
"""

import asyncio
import contextlib
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from openstack_clustering import ClientException
from openstack_clustering.exceptions import Conflict, ConnectFailure, ServerError
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import FORCE, SECRET, Key
from tests.unit.operator.builders import (
    Document,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_policy,
    a_policy_manifest,
    a_profile,
    a_profile_manifest,
    a_receiver_manifest,
    a_secret_manifest,
    a_template_manifest,
)
from tests.unit.operator.environment import LastRequest, PartialPace
from tests.unit.operator.restore_events import RestoreEvents

OTHERS = "theirs"
_START = 12  # polls until every initial object is Ready
clusters = st.sampled_from(["web", "shop"])
nodes = st.sampled_from(["one", "two"])
receivers = st.sampled_from(["call", "ring"])
profiles = st.sampled_from(["small", "large"])
policies = st.sampled_from(["young", "old", "grow"])
poll_counts = st.integers(0, 3)
shapes = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(["small", "large", "m1.tiny", "m1.large", "none"]),
        "size": st.tuples(st.integers(0, 2), st.integers(0, 3)).map(sorted),
        "owner": st.sampled_from(["Spec", "Senlin"]),
        "policies": st.none() | st.lists(st.tuples(policies, st.booleans()), max_size=3),
        "mode": st.sampled_from(["Report", "Recover"]),
        "members": st.sampled_from(["Summary", "Mirror"]),
    }
)
keys = st.one_of(
    st.builds(lambda name: Key("SenlinCluster", "team", name), clusters),
    st.builds(lambda name: Key("SenlinNode", "team", name), nodes),
    st.builds(lambda name: Key("SenlinReceiver", "team", name), receivers),
    st.builds(lambda name: Key("SenlinProfile", "team", name), profiles),
    st.builds(lambda name: Key("SenlinPolicy", "team", name), policies),
)
REFUSALS = {
    "Senlin fails": ServerError("boom"),
    "Senlin is busy": Conflict("locked", type="ResourceIsLocked"),
    "Senlin is away": ConnectFailure("refused", sent=False),
}
KUBE_REFUSALS = {
    "Kubernetes fails": KubeError(500, "etcd is away"),
    "Kubernetes is away": KubeError(0, "the Kubernetes API is not reachable"),
}
failures = st.sampled_from(
    [*REFUSALS, *KUBE_REFUSALS, "a reply is lost", "a request takes long", "no server is built"]
)


class StateMachine(RestoreEvents, RuleBasedStateMachine):
    """The events that may happen."""

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        RestoreEvents.__init__(self)

    # Changes by people.

    @initialize()
    def begin(self) -> None:
        async def begin() -> None:
            self.env.kube.apply(a_secret_manifest())
            for name in ("small", "large"):
                self.apply(a_profile_manifest(name))
            for name in ("young", "old", "grow"):
                self.apply(a_policy_of_type(name))
            self.senlin.put(a_cluster(OTHERS, OTHERS), [a_node("their-node")])
            self.senlin.put_profile(a_profile("p1", None))
            self.senlin.put_policy(a_policy("their-policy", OTHERS))
            self.senlin.foreign = {OTHERS, "their-node", "p1", "their-policy"}
            self.put_open()
            self.task = asyncio.create_task(self.env.controller.run())
            self.apply(a_cluster_manifest("web", {"desiredCapacity": 2}))
            self.apply(a_node_manifest("one", {"clusterRef": {"name": "web"}, "role": ""}))
            self.apply(a_receiver_manifest("call"))

        self.run(begin(), _START)
        assert {self.reason(key) for key in self.all_keys()} == {"Ready"}

    @rule(name=profiles, flavor=st.sampled_from(["m1.tiny", "none"]), polls=poll_counts)
    def write_profile(self, name: str, flavor: str, polls: int) -> None:
        if Key("SenlinProfile", "team", name) not in self.env.kube:  # a profile cannot be changed
            self.write(a_profile_manifest(name, {"properties": {"flavor": flavor}}), polls)

    @rule(name=policies, polls=poll_counts)
    def write_policy(self, name: str, polls: int) -> None:
        self.write(a_policy_of_type(name), polls)

    @rule(name=clusters, shape=shapes, polls=poll_counts)
    def write_cluster(self, name: str, shape: dict[str, Any], polls: int) -> None:
        resource: Document = {
            "minSize": shape["size"][0],
            "desiredCapacity": shape["size"][1],
            "capacityOwner": shape["owner"],
            "remediation": {"mode": shape["mode"]},
            "members": shape["members"],
        }
        if shape["policies"] is not None:
            resource["policies"] = [
                {"policyRef": {"name": it}, "enabled": on}
                for it, on in dict(shape["policies"]).items()
            ]
        if shape["profile"] in ("small", "large"):
            resource["profileRef"] = {"name": shape["profile"]}
            raw = a_cluster_manifest(name, resource)
        else:
            raw = a_template_manifest(shape["profile"], resource)
            raw["metadata"]["name"] = name
        self.write(raw, polls)

    @rule(
        name=nodes,
        cluster=st.none() | clusters,
        profile=profiles,
        role=st.sampled_from(["", "primary"]),
        mode=st.sampled_from(["Report", "Recover"]),
        polls=poll_counts,
    )
    def write_node(
        self, name: str, cluster: str | None, profile: str, role: str, mode: str, polls: int
    ) -> None:
        reference = {"clusterRef": {"name": cluster}} if cluster else {}
        resource = {"profileRef": {"name": profile}, "role": role, "remediation": {"mode": mode}}
        self.write(a_node_manifest(name, {**resource, **reference}), polls)

    @rule(
        name=receivers,
        cluster=clusters,
        action=st.sampled_from(["CLUSTER_SCALE_OUT", "CLUSTER_CHECK"]),
        count=st.integers(0, 2),
        polls=poll_counts,
    )
    def write_receiver(self, name: str, cluster: str, action: str, count: int, polls: int) -> None:
        key = Key("SenlinReceiver", "team", name)
        if key in self.env.kube:  # its cluster cannot be changed
            cluster = self.resource(key).spec["resource"]["clusterRef"]["name"]
        params = {"count": count} if count else {}
        fields = {"clusterRef": {"name": cluster}, "action": action, "params": params}
        self.write(a_receiver_manifest(name, fields), polls)

    @rule(key=keys, foreground=st.booleans(), polls=poll_counts)
    def remove(self, key: Key, foreground: bool, polls: int) -> None:
        async def remove() -> None:
            if key in self.env.kube and not self.resource(key).deleting and self.has_claimed(key):
                self.env.kube.remove(key, foreground=foreground)

        self.run(remove(), polls)

    @rule(name=clusters, polls=poll_counts)
    def force(self, name: str, polls: int) -> None:
        key = Key("SenlinCluster", "team", name)
        if key in self.env.kube and self.resource(key).deleting:
            self.annotate(key, FORCE, "true", polls)
        else:
            self.run(asyncio.sleep(0), polls)

    # Events in the cloud.

    @rule(name=clusters, number=st.integers(0, 4), polls=poll_counts)
    def others_scale(self, name: str, number: int, polls: int) -> None:
        if id_ := self.cloud_id("SenlinCluster", name):
            with contextlib.suppress(ClientException):
                self.senlin.resize_to(id_, number, 0, -1)
        self.run(asyncio.sleep(0), polls)

    @rule(name=profiles, polls=poll_counts)
    def others_rename(self, name: str, polls: int) -> None:
        if id_ := self.cloud_id("SenlinProfile", name):
            with contextlib.suppress(ClientException):
                self.senlin.update_profile(id_, name="renamed")
        self.run(asyncio.sleep(0), polls)

    @rule(
        name=receivers,
        change=st.sampled_from(["delete", "rename", "change", "move"]),
        polls=poll_counts,
    )
    def others_change_a_receiver(self, name: str, change: str, polls: int) -> None:
        if (id_ := self.receiver_id(name)) and self.senlin.owner_of(id_):
            if change == "delete":
                with contextlib.suppress(ClientException):
                    self.senlin.delete_receiver(id_)
            elif change == "move":  # no request of Senlin does, but it would be replaced
                self.senlin.move_receiver(id_, OTHERS)
            else:
                fields = {"name": "renamed"} if change == "rename" else {"params": {"x": "y"}}
                with contextlib.suppress(ClientException):
                    self.senlin.update_receiver(id_, **fields)
        self.run(asyncio.sleep(0), polls)

    @rule(name=receivers, change=st.sampled_from(["delete", "edit", "add"]), polls=poll_counts)
    def others_change_a_secret(self, name: str, change: str, polls: int) -> None:
        async def change_it() -> None:
            key = Key(SECRET, "team", name)
            if key not in self.env.kube:
                return
            if change == "delete":
                self.env.kube.remove(key)
            else:
                data = {"url": "dGhlaXJz"} if change == "edit" else {"more": "bW9yZQ=="}
                raw = self.env.kube[key]
                self.env.kube.apply({**raw, "kind": SECRET, "data": {**raw["data"], **data}})

        self.run(change_it(), polls)

    @rule(name=clusters, polls=poll_counts)
    def others_delete(self, name: str, polls: int) -> None:
        if id_ := self.cloud_id("SenlinCluster", name):
            self.senlin.vanish(id_)
        self.run(asyncio.sleep(0), polls)

    @rule(name=clusters, noticed=st.booleans(), polls=poll_counts)
    def lose_a_server(self, name: str, noticed: bool, polls: int) -> None:
        if id_ := self.cloud_id("SenlinCluster", name):
            if noticed:
                self.senlin.lose_servers(id_, 1)
            else:
                self.senlin.servers -= {it["physical_id"] for it in self.senlin.members(id_)[:1]}
        self.run(asyncio.sleep(0), polls)

    @rule(cleanly=st.booleans(), polls=poll_counts)
    def engine_dies(self, cleanly: bool, polls: int) -> None:
        self.senlin.die(cleanly=cleanly)
        self.run(asyncio.sleep(0), polls)

    @rule(failure=failures, polls=poll_counts)
    def something_fails(self, failure: str, polls: int) -> None:
        if failure in REFUSALS:
            self.senlin.refusals.append(REFUSALS[failure])
        elif failure in KUBE_REFUSALS:
            self.env.kube.refusals.append(KUBE_REFUSALS[failure])
        elif failure == "a reply is lost":
            self.senlin.lose_reply = True
        elif failure == "a request takes long":
            self.senlin.delay = True
        else:
            self.senlin.broken_builds = 2
        self.run(asyncio.sleep(0), polls)

    @rule(down=st.booleans(), polls=poll_counts)
    def outage(self, down: bool, polls: int) -> None:
        self.senlin.down = ServerError("Senlin is down.") if down else None
        self.run(asyncio.sleep(0), polls)

    # Events of the operator's process.

    @rule(requests=st.integers(1, 4), last=st.sampled_from(LastRequest), polls=poll_counts)
    def crash_soon(self, requests: int, last: LastRequest, polls: int) -> None:
        self.env.crash_point.requests_left, self.env.crash_point.last_request = requests, last
        self.run(asyncio.sleep(0), polls)

    @rule(seconds=st.sampled_from([1.0, 6.0, 40.0, 310.0]), polls=poll_counts)
    def wait(self, seconds: float, polls: int) -> None:
        self.run(self.advance(seconds), polls)

    # Checks at any time, and in the end.

    @invariant()
    def no_forbidden_request_was_sent(self) -> None:
        assert self.senlin.violations == []

    def teardown(self) -> None:
        self.close()


def a_policy_of_type(name: str) -> Document:
    """Return a policy; those of type deletion exclude each other."""
    type_ = "scaling" if name == "grow" else "deletion"
    return a_policy_manifest(name, {"type": f"senlin.policy.{type_}"})


class PartialStateMachine(StateMachine):
    """The same in a project so large that most polls are partial."""

    pace = PartialPace


TestStateMachine = StateMachine.TestCase
TestStateMachine.settings = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,  # the same examples each time; remove it, and raise the numbers, to search
    phases=[Phase.generate],  # shrinking a failing example takes minutes
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
TestPartialStateMachine = PartialStateMachine.TestCase
TestPartialStateMachine.settings = TestStateMachine.settings
