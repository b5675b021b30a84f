"""SenlinOperations among the events that may happen in any order, and what must hold of them."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from senlin_operator.kube.objects import Key, Resource
from tests.unit.operator.builders import Document, a_cluster, a_node, an_operation_manifest
from tests.unit.operator.harness import Harness

_SPARE = ("spare-1", "spare-2")
names = st.sampled_from(["first", "second", "third"])
poll_counts = st.integers(0, 3)
# What loses no node of a SenlinNode.
harmless = st.sampled_from(
    [
        {"check": {}},
        {"recover": {}},
        {"recover": {"operation": "REBOOT", "check": True}},
        {"perform": {"name": "reboot", "params": {"type": "SOFT"}}},
    ]
)
of_clusters = harmless | st.sampled_from(
    [
        {"scaleOut": {}},
        {"resize": {"adjustmentType": "CHANGE_IN_CAPACITY", "number": 1, "strict": False}},
        {"recover": {"checkCapacity": True}},
        {"collect": {"path": "status"}},
        {"perform": {"name": "dance"}},
    ]
)
of_their_cluster = of_clusters | st.sampled_from(
    [
        {"scaleIn": {"count": 1}},
        {"resize": {"adjustmentType": "CHANGE_IN_PERCENTAGE", "number": -50, "minStep": 1}},
        {"resize": {"minSize": 0, "maxSize": 6}},
        {"addNodes": {"nodes": ["spare-1"]}},
        {"removeNodes": {"nodes": ["open-1"]}},
        {"removeNodes": {"nodes": ["open-2"], "destroy": True}},
        {"replaceNodes": {"nodes": [{"old": "open-1", "new": "spare-2"}]}},
    ]
)
wanted = st.one_of(
    st.tuples(
        st.sampled_from(["web", "shop"]).map(lambda it: {"clusterRef": {"name": it}}), of_clusters
    ),
    st.tuples(st.sampled_from(["one", "two"]).map(lambda it: {"nodeRef": {"name": it}}), harmless),
    st.tuples(st.just({"clusterID": "open"}), of_their_cluster),
    st.tuples(st.sampled_from(["open-1", "spare-1"]).map(lambda it: {"nodeID": it}), harmless),
)
limits = st.fixed_dictionaries(
    {
        "backoffLimit": st.sampled_from([0, 0, 1, 2]),
        "suspend": st.sampled_from([False] * 3 + [True]),
    },
    optional={
        "timeoutSeconds": st.sampled_from([5, 60]),
        "ttlSecondsAfterFinished": st.sampled_from([0, 300]),
    },
)


class OperationEvents(Harness):
    """The rules about SenlinOperations; a state machine inherits them."""

    def put_open(self) -> None:
        """Have somebody make a cluster and nodes on which operations may work by id."""
        members = [a_node(f"open-{number}", "open", metadata={}) for number in (1, 2)]
        self.senlin.put(a_cluster("open", None, name="open", min_size=0), members)
        for id_ in _SPARE:
            self.senlin.put_node(a_node(id_, "", metadata={}))

    @rule(name=names, what=wanted, spec=limits, polls=poll_counts)
    def write_operation(
        self, name: str, what: tuple[Document, Document], spec: dict[str, Any], polls: int
    ) -> None:
        key = Key("SenlinOperation", "team", name)
        if key in self.env.kube:  # it cannot be changed, but for this
            raw = self.env.kube[key]
            self.write({**raw, "spec": {**raw["spec"], "suspend": spec["suspend"]}}, polls)
            return
        target, operation = what
        self.write(an_operation_manifest(operation, name=name, target=target, spec=spec), polls)
        if key in self.env.kube:
            self.senlin.retries[self.resource(key).uid] = spec["backoffLimit"]

    @rule(name=names, polls=poll_counts)
    def remove_operation(self, name: str, polls: int) -> None:
        async def remove() -> None:
            key = Key("SenlinOperation", "team", name)
            if key in self.env.kube and not self.resource(key).deleting:
                self.env.kube.remove(key)

        self.run(remove(), polls)

    @invariant()
    def only_what_succeeded_is_complete(self) -> None:
        for key in self.env.kube.keys("SenlinOperation"):
            resource = self.resource(key)
            if (resource.condition("Complete") or {}).get("status") == "True":
                assert self.succeeded(resource), f"{key}: {resource.status}"

    def succeeded(self, resource: Resource) -> bool:
        """Return whether the very action that was started for an operation has succeeded."""
        started = self.senlin.sent_for[resource.uid]
        if "collect" in resource.spec["operation"]:
            return not started
        shown = resource.status["action"]["id"]
        return bool(started) and (shown, self.senlin.status_of(shown)) == (
            started[-1],
            "SUCCEEDED",
        )
