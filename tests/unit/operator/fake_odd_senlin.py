"""A fake Senlin that says of some objects what a test wants, whatever they are.

Only what it says is odd: the records that its engine works on are not.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from openstack_clustering import (
    Action,
    Cluster,
    ClusterPolicy,
    Node,
    Policy,
    Profile,
    Receiver,
    Resource,
)
from tests.unit.operator.fake_guarded_senlin import FakeGuardedSenlin
from tests.unit.operator.fake_records import Document

R = TypeVar("R", bound=Resource)
MISSING = object()


class FakeOddSenlin(FakeGuardedSenlin):
    """A project in which others have written what no one expects."""

    def __init__(self, clock: Callable[[], float], exists: Callable[[str], bool]) -> None:
        super().__init__(clock, exists)
        self.odd: dict[str, Document] = {}  # by the id of an object: its odd values
        self.lists: dict[type[Resource], Callable[[list[Any]], Any]] = {}  # changes of whole lists

    def add_action(self, **fields: Any) -> None:
        """Add an action that nobody works on."""
        self._actions[fields["id"]] = fields

    def everything(self) -> Iterator[Resource]:
        """Yield all objects, as the lists show them."""
        yield from (*self.clusters(), *self.nodes(), *self.profiles(), *self.policies())
        yield from (*self.receivers(), *self.actions())
        for id_ in self._clusters:
            yield from self.cluster_policies(id_)

    def actions(self, *arguments: Any, **query: Any) -> Iterator[Action]:
        return self._said(Action, super().actions(*arguments, **query))

    def clusters(self) -> Iterator[Cluster]:
        return self._said(Cluster, super().clusters())

    def nodes(self, cluster_id: str | None = None) -> Iterator[Node]:
        return self._said(Node, super().nodes(cluster_id))

    def profiles(self) -> Iterator[Profile]:
        return self._said(Profile, super().profiles())

    def policies(self) -> Iterator[Policy]:
        return self._said(Policy, super().policies())

    def receivers(self) -> Iterator[Receiver]:
        return self._said(Receiver, super().receivers())

    def cluster_policies(self, cluster_id: str) -> Iterator[ClusterPolicy]:
        return self._said(ClusterPolicy, super().cluster_policies(cluster_id))

    def get_cluster(self, id_: str) -> Cluster:
        return Cluster(self._odd(super().get_cluster(id_)._raw))

    def get_node(self, id_: str) -> Node:
        return Node(self._odd(super().get_node(id_)._raw))

    def get_profile(self, id_: str) -> Profile:
        return Profile(self._odd(super().get_profile(id_)._raw))

    def get_policy(self, id_: str) -> Policy:
        return Policy(self._odd(super().get_policy(id_)._raw))

    def get_receiver(self, id_: str) -> Receiver:
        return Receiver(self._odd(super().get_receiver(id_)._raw))

    def _said(self, type_: type[R], items: Iterable[R]) -> Iterator[R]:
        raws = [self._odd(item._raw) for item in items]
        change = self.lists.get(type_)
        for raw in change(raws) if change else raws:
            yield type_(raw)

    def _odd(self, raw: Document) -> Document:
        said = {**raw, **self.odd.get(str(raw["id"]), {})}
        return {name: value for name, value in said.items() if value is not MISSING}
