"""Restores and another Kubernetes among the events that may happen in any order."""

import contextlib
import re
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import rule

from openstack_clustering import ClientException, Cluster, Node
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import TAKE_OVER, Key
from senlin_operator.model.ownership import entries
from tests.unit.operator.builders import an_owner
from tests.unit.operator.operation_events import OperationEvents

THEIRS = "of-another-kubernetes-"  # the beginning of uids there
_HANDLE = re.compile(rf"{TAKE_OVER}: (\S+) takes it over")
_NAMES = {
    "SenlinCluster": ("web", "shop"),
    "SenlinNode": ("one", "two"),
    "SenlinReceiver": ("call", "ring"),
    "SenlinProfile": ("small", "large"),
    "SenlinPolicy": ("young", "old", "grow"),
}
poll_counts = st.integers(0, 3)
keys = st.sampled_from([Key(kind, "team", it) for kind, names in _NAMES.items() for it in names])
# Actions show what others change there, also where polls are partial.
with_actions = keys.filter(lambda key: key.kind in ("SenlinCluster", "SenlinNode"))


class RestoreEvents(OperationEvents):
    """Resources get other uids, and cloud objects other owners."""

    def __init__(self) -> None:
        super().__init__()
        self.theirs = count(1)

    @rule(key=keys, status=st.booleans(), polls=poll_counts)
    def restore(self, key: Key, status: bool, polls: int) -> None:
        """Have a resource come back with another uid, while the operator does not watch."""

        async def restore() -> None:
            if key not in self.env.kube or self.resource(key).deleting:
                return
            raw = self.env.kube[key]
            metadata = {**raw["metadata"], "uid": f"uid-{next(self.uids)}", "generation": 1}
            kept = {name: it for name, it in raw.items() if name != "status" or status}
            self.env.kube.replace({**kept, "metadata": metadata})

        self.run(restore(), polls)

    @rule(key=with_actions, polls=poll_counts)
    def another_kubernetes_takes_over(self, key: Key, polls: int) -> None:
        async def take_over() -> None:
            id_ = self.cloud_id(key.kind, key.name)
            if id_ is None or self.resource(key).deleting:
                return
            marker = entries(an_owner(f"{THEIRS}{next(self.theirs)}", key, "another"))
            with contextlib.suppress(ClientException):
                if key.kind == "SenlinCluster":
                    metadata = self.senlin.cluster(id_).metadata
                    self.senlin.update_cluster(id_, metadata={**metadata, **marker})
                else:
                    metadata = self.senlin.node(id_).metadata
                    self.senlin.update_node(id_, metadata={**metadata, **marker})

        self.run(take_over(), polls)

    def has_claimed(self, key: Key) -> bool:
        """Return whether a resource has taken over all that one of its place has left.

        A resource that is deleted before leaves its cloud object in Senlin.
        """
        own = KINDS[key.kind].notation.noted(an_owner(self.resource(key).uid, key).marker)
        markers = self.senlin.poll().markers.values()
        return all(it.uid == own.uid or it[1:] != own[1:] for it in markers)

    def decide(self) -> None:
        """Decide as people would: take back what is missed here; the rest is deleted there."""
        super().decide()
        for key in self.all_keys():
            if self.reason(key) != "OwnedElsewhere" or self.resource(key).deleting:
                continue
            ready = self.resource(key).condition("Ready") or {}
            if TAKE_OVER in self.resource(key).annotations:
                self.set_annotation(key, TAKE_OVER, None)
            elif match := _HANDLE.search(ready["message"]):
                self.set_annotation(key, TAKE_OVER, match[1])
        self._delete_what_nobody_misses()

    def _delete_what_nobody_misses(self) -> None:
        recorded = {self.resource(key).cloud_id for key in self.all_keys()}
        places = {str(an_owner("", key).marker.place) for key in self.all_keys()}
        snapshot = self.senlin.poll()
        for id_, marker in snapshot.markers.items():
            if not marker.uid.startswith(THEIRS) or id_ in recorded or marker.place in places:
                continue
            if id_ in snapshot.all(Cluster):
                self.senlin.vanish(id_)
            elif id_ in snapshot.all(Node):
                self.senlin.delete_node(id_)

    def is_of_others(self, id_: str) -> bool:
        owner = self.senlin.owner_of(id_) or ""
        return super().is_of_others(id_) or owner.startswith(THEIRS)
