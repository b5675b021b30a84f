"""A small Senlin that notes what an operator must never do, and is as unkind as a real one."""

import contextlib
from collections.abc import Callable
from typing import Any

from openstack_clustering import ClientException, Policy, Proxy
from openstack_clustering.exceptions import RequestTimeout
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.fake_engine import ENDED, Work
from tests.unit.operator.fake_records import Document
from tests.unit.operator.fake_senlin import FakeSenlin

_WITHOUT_HEED = ("CLUSTER_DELETE", "NODE_DELETE")  # Senlin takes them whatever goes on
_READS = ("look", "details")
_ROUND = 1.0  # seconds until a request is carried out that the client has given up
_LONG = 5.0  # and one of a client that has died


class FakeGuardedSenlin(FakeSenlin):
    """It knows what belongs to others, and asks who lives."""

    def __init__(self, clock: Callable[[], float], lives: Callable[[str], bool]) -> None:
        super().__init__(clock=clock)
        self.slow = True
        self.wrongs: list[str] = []  # what the operator has done and must not
        self.foreign: set[str] = set()  # ids
        self.ever: set[str] = set()  # the uids of all objects that there ever were in Kubernetes
        self.delay = False  # the next write is carried out when the client has given up
        self._lives = lives
        self._ours: set[str] = set()  # actions that the operator has begun
        self._late: list[tuple[float, Callable[[Proxy], Any]]] = []  # when, and what
        self._working = ""  # the action that gets on

    def answer(self, operation: str, send: Callable[[Proxy], Any]) -> Any:
        if self.delay and operation not in _READS:
            self.delay = False
            self._late.append((self._clock() + _ROUND, send))
            raise RequestTimeout("No answer came in time.")
        return super().answer(operation, send)

    def put_off(self, operation: str, send: Callable[[Proxy], Any]) -> None:
        """Carry a request out later, though nobody waits for the answer any more."""
        if operation not in _READS:
            self._late.append((self._clock() + _LONG, send))

    def catch_up(self) -> None:
        """Carry out what has been put off."""
        now = self._clock()
        due = [send for at, send in self._late if at <= now]
        self._late = [(at, send) for at, send in self._late if at > now]
        for send in due:
            with contextlib.suppress(ClientException), self.asked_by_operator():
                send(self.proxy)

    def begin(self, name: str, target: str, work: Callable[[Document], Work]) -> str:
        if self.by_operator and name not in _WITHOUT_HEED and (others := self._beside(target)):
            self.wrongs.append(f"{name} of {target} beside {others}")
        id_ = super().begin(name, target, work)
        if self.by_operator:
            self._ours.add(id_)
        return id_

    def destroy(self, node: Document) -> str:
        owner = node["metadata"].get(OWNER_KEY, "")
        if node["physical_id"] and self._working in self._ours and self._lives(owner):
            name = self._actions[self._working]["action"]
            self.wrongs.append(f"{name} destroys {node['id']}, whose SenlinNode lives")
        return super().destroy(node)

    def mark_of(self, id_: str) -> str | None:
        """Return the uid on a cloud object, if it has one."""
        if id_ in self._policies:
            return PolicyKind().owner_uid(Policy(self._policies[id_]))
        for records in (self._clusters, self._nodes, self._profiles):
            if id_ in records:
                return str(records[id_]["metadata"].get(OWNER_KEY))
        return None

    def _beside(self, target: str) -> list[str]:
        """Return our own actions that work on the same cluster, or the same node."""
        node = self._nodes.get(target)
        around = {node["cluster_id"]} if node else {it["id"] for it in self.members(target)}
        scope = {target, *around} - {""}
        return [
            f"{it['action']} ({it['status']})"
            for it in self._actions.values()
            if it["id"] in self._ours and it["target"] in scope and _goes_on(it)
        ]

    def _receive(self, *request: object) -> None:
        verb, id_ = str(request[0]), str(request[1])
        if self.by_operator:
            if id_ in self.foreign:
                self.wrongs.append(f"{verb} of {id_}, which is somebody else's")
            mark = self.mark_of(id_)
            if verb.startswith("delete") and mark is not None and mark not in self.ever:
                self.wrongs.append(f"{verb} of {id_}, which has nobody's mark")
        super()._receive(*request)
        if self.down:
            raise self.down

    def _advance(self, id_: str) -> None:
        self._working = id_
        super()._advance(id_)
        self._working = ""


def _goes_on(action: Document) -> bool:
    return action["status"] not in ENDED or bool(action["depends_on"])
