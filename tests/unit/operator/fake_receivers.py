"""A fake of Senlin's receivers: requests, lists, and how they end with their cluster.

It follows Senlin 16 (senlin/conductor/service.py, senlin/engine/receivers): an update sets
`created_at` and leaves the URL, and a message receiver has neither cluster nor action.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from openstack_clustering import Receiver
from openstack_clustering.exceptions import BadRequest, ServerError
from tests.unit.operator.fake_engine import Engine
from tests.unit.operator.fake_records import Document

R = TypeVar("R")


class Receivers(Engine):
    """The receivers of a fake Senlin, which counts and answers the requests."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._receivers: dict[str, Document] = {}
        self._times = 0

    @abstractmethod
    def _receive(self, *request: object) -> None: ...

    @abstractmethod
    def _reply(self, reply: R) -> R: ...

    @abstractmethod
    def _find(
        self, records: Mapping[str, Document], what: str, verb: str, id_: str, *fields: object
    ) -> Document: ...

    def put_receiver(self, receiver: Receiver) -> None:
        self._receivers[receiver.id] = receiver.to_dict()

    def move_receiver(self, id_: str, cluster_id: str) -> None:
        self._receivers[id_]["cluster_id"] = cluster_id

    def lose_receivers(self, cluster_id: str) -> None:
        """Delete the receivers of a cluster with it."""
        for receiver in [it for it in self._receivers.values() if it["cluster_id"] == cluster_id]:
            del self._receivers[receiver["id"]]

    def receivers(self) -> Iterator[Receiver]:
        return (Receiver(dict(it)) for it in self._receivers.values())

    def create_receiver(
        self,
        name: str,
        type: str,
        cluster_id: str | None = None,
        action: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Receiver:
        self._receive("create_receiver", name)
        if type == "message":
            raise ServerError("Failed in creating queue.", type="EResourceCreation")
        if cluster_id not in self._clusters:
            text = f"The referenced cluster '{cluster_id}' could not be found."
            raise BadRequest(text, type="BadRequest")
        id_ = f"receiver-{next(self._ids)}"
        self._receivers[id_] = {
            "id": id_,
            "name": name,
            "type": type,
            "cluster_id": cluster_id,
            "action": action,
            "params": dict(params or {}),
            "channel": {"alarm_url": f"http://senlin/v1/webhooks/{id_}/trigger?V=2"},
            "created_at": self._time(),
        }
        return self._reply(Receiver(dict(self._receivers[id_])))

    def update_receiver(self, id_: str, **fields: Any) -> Receiver:
        receiver = self._find(self._receivers, "receiver", "update_receiver", id_)
        if {**receiver, **fields} == receiver:
            raise BadRequest("No property needs an update.", type="BadRequest")
        receiver.update(fields, created_at=self._time())
        return self._reply(Receiver(dict(receiver)))

    def delete_receiver(self, id_: str) -> None:
        self._receive("delete_receiver", id_)
        self._receivers.pop(id_, None)
        self._reply(None)

    def _time(self) -> str:
        self._times += 1
        return f"2026-01-01T00:00:{self._times % 60:02}Z"
