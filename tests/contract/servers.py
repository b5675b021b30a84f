"""Senlin 16 in a sandbox, over the simulated cloud or the real one."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Self
from uuid import uuid4

from openstack_clustering import Action, Proxy
from openstack_clustering.exceptions import Conflict
from sandbox.nova import Nova
from tests.contract.cloud import DELETION, Cloud, Document

USER = "green-1"  # its project holds little else, so that lists are short
_PAUSE = 0.05  # seconds between the first two polls
_LABEL = "scenario"
_LONG = 60.0  # seconds that a slow build takes if nobody ends it


class SandboxCloud(Cloud):
    """One scenario's part of the sandbox; `run` is in all names of this run of the tests."""

    def __init__(self, senlin: Proxy, nova: Nova, run: str, patience: float) -> None:
        self.senlin = senlin
        self._patience = patience
        self.name = f"{run}-{uuid4().hex[:8]}"
        self._nova = nova
        self._profiles: set[str] = set()
        self._numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Begin to delete what the scenario has made, so that lists stay short."""
        for delete, id_ in _users(self.senlin, self._profiles):
            with suppress(Conflict):
                delete(id_)

    def profile(self, **properties: object) -> str:
        id_ = super().profile(**properties)
        self._profiles.add(id_)
        return id_

    def action(self, id_: str) -> Action:
        return self.senlin.get_action(id_)

    def until(self, condition: Callable[[], bool]) -> None:
        end, pause = time.monotonic() + self._patience, _PAUSE
        while not condition():
            assert time.monotonic() < end, "it did not come in time"
            time.sleep(pause)
            pause = min(pause * 1.3, 10 * _PAUSE)

    def labels(self) -> dict[str, object]:
        return {"name": self.name, "metadata": dict(self._mine)}

    def failing_builds(
        self, count: int | None = None, *, late: bool = False
    ) -> AbstractContextManager[None]:
        fail = self._nova.fail_builds
        return self._planned(fail(count=count, refuse=not late, metadata=self._mine))

    def slow_builds(self) -> AbstractContextManager[None]:
        return self._planned(self._nova.slow_builds(_LONG, metadata=self._mine))

    def failing_resizes(self, count: int | None = None) -> AbstractContextManager[None]:
        return self._planned(self._nova.refuse_resize(self.name, count=count))

    def failing_deletions(self) -> AbstractContextManager[None]:
        return self._planned(self._nova.refuse_deletion(metadata=self._mine))

    @contextmanager
    def image(self) -> Iterator[str]:
        self._nova.make_image(self.name)
        yield self.name
        self._nova.delete_image(self.name)

    def lose_server(self, node: str) -> None:
        assert self._nova.vanish(self._server(node)) == 1

    def break_server(self, node: str) -> None:
        assert self._nova.break_server(self._server(node)) == 1

    def mend_server(self, node: str) -> None:
        assert self._nova.break_server(self._server(node), status="ACTIVE") == 1

    def has_server(self, id_: str) -> bool:
        return bool(self._nova.servers(id_))

    def server_status(self, node: str) -> str:
        (server,) = self._nova.servers(self._server(node))
        return str(server["status"])

    def works(self, id_: str) -> bool:
        return any(it["status"] == "ACTIVE" for it in self._nova.servers(id_))

    def boot(self, **attributes: str) -> str:
        name = f"{self.name}-{next(self._numbers)}"
        given: Document = {"metadata": self._mine, "user": USER, **attributes}
        return str(self._nova.boot(name, **given)["id"])

    def empty(self, cluster: str) -> None:
        """Remove them under a policy that does not lower the desired number."""
        policy = self.policy(DELETION, reduce_desired_capacity=False)
        self.end(self.senlin.attach_policy_to_cluster(cluster, policy, enabled=True))
        self.end(self.senlin.remove_nodes_from_cluster(cluster, self.ids(cluster)))
        self.end(self.senlin.detach_policy_from_cluster(cluster, policy))

    @property
    def _mine(self) -> Mapping[str, str]:
        return {_LABEL: self.name}

    def _server(self, node: str) -> str:
        server = self.read_node(node).physical_id
        assert server
        return server

    @contextmanager
    def _planned(self, fault: AbstractContextManager[object]) -> Iterator[None]:
        with fault:
            yield


def sweep(senlin: Proxy, run: str, patience: float) -> None:
    """Delete what the scenarios of a run have made, and wait until it is deleted."""
    end = time.monotonic() + patience
    asked: set[str] = set()
    while (left := _left(senlin, run)) and time.monotonic() < end:
        for delete, id_ in left:
            if id_ not in asked:
                with suppress(Conflict):  # it is in use, until its users have been deleted
                    delete(id_)
                    asked.add(id_)
        time.sleep(_PAUSE)


def _left(senlin: Proxy, run: str) -> list[tuple[Callable[[str], object], str]]:
    profiles = {it.id for it in senlin.profiles() if run in it.name}
    return [
        *_users(senlin, profiles),
        *((senlin.delete_profile, id_) for id_ in sorted(profiles)),
        *((senlin.delete_policy, it.id) for it in senlin.policies() if run in it.name),
    ]


def _users(senlin: Proxy, profiles: set[str]) -> Iterator[tuple[Callable[[str], object], str]]:
    """Yield the clusters, and the nodes in none, that have one of these profiles."""
    for cluster in senlin.clusters():
        if cluster.profile_id in profiles:
            yield partial(senlin.delete_cluster, force_delete=True), cluster.id
    for node in senlin.nodes():
        if node.profile_id in profiles and not node.cluster_id:
            yield partial(senlin.delete_node, force_delete=True), node.id
