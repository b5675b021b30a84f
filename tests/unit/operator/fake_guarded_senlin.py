"""A fake Senlin that records forbidden requests, and answers late if a test says so."""

import contextlib
from collections.abc import Callable
from typing import Any

from openstack_clustering import ClientException, Policy, Proxy, Receiver
from openstack_clustering.exceptions import RequestTimeout
from senlin_operator.cloud.snapshot import Marker
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.receiver.kind import ReceiverKind
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.fake_engine import ENDED, Work
from tests.unit.operator.fake_records import Document
from tests.unit.operator.fake_senlin import FakeSenlin

_UNCONDITIONAL = ("CLUSTER_DELETE", "NODE_DELETE")  # Senlin accepts them beside other actions
# The operator's names; "look" is a poll.
_READS = ("look", "details", "earlier", "search", "children")
_LATE = 1.0  # seconds until a request is carried out that timed out for the client
_LATE_AFTER_CRASH = 5.0  # and one of a process that died


class FakeGuardedSenlin(FakeSenlin):
    """It knows which cloud objects belong to others, and which Kubernetes objects exist."""

    def __init__(self, clock: Callable[[], float], exists: Callable[[str], bool]) -> None:
        super().__init__(clock=clock)
        self.slow = True
        self.violations: list[str] = []  # requests that the operator must not send
        self.foreign: set[str] = set()  # ids of cloud objects of others
        self.known_uids: set[str] = set()  # of all objects that ever existed in Kubernetes
        self.retries: dict[str, int] = {}  # of SenlinOperations, by uid: their backoffLimit
        self.delay = False  # the next write is carried out after its timeout
        self._exists = exists
        self._ours: set[str] = set()  # actions that the operator started
        self._late: list[tuple[float, Callable[[Proxy], Any]]] = []  # when, and which request
        self._working = ""  # the action that is being carried out

    def answer(self, operation: str, send: Callable[[Proxy], Any]) -> Any:
        if self.delay and operation not in _READS:
            self.delay = False
            self._late.append((self._clock() + _LATE, send))
            raise RequestTimeout("No answer came in time.")
        return super().answer(operation, send)

    def put_off(self, operation: str, send: Callable[[Proxy], Any]) -> None:
        """Carry a request out later, though no process waits for the reply."""
        if operation not in _READS:
            self._late.append((self._clock() + _LATE_AFTER_CRASH, send))

    def catch_up(self) -> None:
        """Carry out the delayed requests that are due."""
        now = self._clock()
        due = [send for at, send in self._late if at <= now]
        self._late = [(at, send) for at, send in self._late if at > now]
        for send in due:
            with contextlib.suppress(ClientException), self.asked_by_operator():
                send(self.proxy)

    def begin(
        self,
        name: str,
        target: str,
        work: Callable[[Document], Work],
        inputs: Document | None = None,
    ) -> str:
        if self.by_operator and name not in _UNCONDITIONAL and (others := self._beside(target)):
            self.violations.append(f"{name} of {target} beside {others}")
        if self.asked_by:
            self._check_asked_again(name)
        id_ = super().begin(name, target, work, inputs)
        if self.by_operator:
            self._ours.add(id_)
        return id_

    def _check_asked_again(self, name: str) -> None:
        """Note a request of a SenlinOperation that is sent too often, or too early."""
        before = [self._actions[it] for it in self.sent_for[self.asked_by]]
        if len(before) > self.retries.get(self.asked_by, 0):
            self.violations.append(f"{name} is sent {len(before) + 1} times")
        if before and (
            before[-1]["status"] not in ("FAILED", "CANCELLED") or _is_running(before[-1])
        ):
            self.violations.append(f"{name} is sent again while {before[-1]['status']}")

    def status_of(self, action: str) -> str:
        return str(self._actions[action]["status"])

    def destroy(self, node: Document) -> str:
        owner = node["metadata"].get(OWNER_KEY, "")
        if node["physical_id"] and self._working in self._ours and self._exists(owner):
            name = self._actions[self._working]["action"]
            self.violations.append(f"{name} destroys {node['id']}, whose SenlinNode exists")
        return super().destroy(node)

    def owner_of(self, id_: str) -> str | None:
        """Return the uid in the owner's marker of a cloud object."""
        if id_ in self._policies:
            return _uid(PolicyKind().marker(Policy(self._policies[id_])))
        if id_ in self._receivers:
            return _uid(ReceiverKind().marker(Receiver(self._receivers[id_])))
        for records in (self._clusters, self._nodes, self._profiles):
            if id_ in records:
                return str(records[id_]["metadata"].get(OWNER_KEY))
        return None

    def _beside(self, target: str) -> list[str]:
        """Return the operator's actions on the same cluster, or on the same node."""
        node = self._nodes.get(target)
        related = {node["cluster_id"]} if node else {it["id"] for it in self.members(target)}
        targets = {target, *related} - {""}
        return [
            f"{it['action']} ({it['status']})"
            for it in self._actions.values()
            if it["id"] in self._ours and it["target"] in targets and _is_running(it)
        ]

    def _receive(self, *request: object) -> None:
        verb, id_ = str(request[0]), str(request[1])
        if self.by_operator:
            if id_ in self.foreign:
                self.violations.append(f"{verb} of {id_}, which belongs to others")
            owner = self.owner_of(id_)
            if verb.startswith("delete") and owner is not None and owner not in self.known_uids:
                self.violations.append(f"{verb} of {id_}, whose owner never existed")
        super()._receive(*request)
        if self.down:
            raise self.down

    def _advance(self, id_: str) -> None:
        self._working = id_
        super()._advance(id_)
        self._working = ""


def _uid(marker: Marker | None) -> str | None:
    return marker.uid if marker else None


def _is_running(action: Document) -> bool:
    return action["status"] not in ENDED or bool(action["depends_on"])
