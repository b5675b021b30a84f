"""A fake Senlin that adopts servers, as senlin/conductor/service.py does."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from openstack_clustering import Node
from openstack_clustering.exceptions import BadRequest, ServerError
from tests.unit.operator.builders import a_node, a_profile
from tests.unit.operator.fake_senlin import FakeSenlin


class Adopting(FakeSenlin):
    """It finds the same properties at each server."""

    def __init__(self, clock: Callable[[], float] = time.time, **properties: object) -> None:
        super().__init__(clock=clock)
        self.found: Mapping[str, object] = {"flavor": "m1.tiny", "key_name": "mine", **properties}
        self.absent: set[str] = set()  # ids of servers that do not exist
        self.missing: ServerError | None = None

    def adopt_node(self, preview: bool = False, **asked: Any) -> Any:
        self._receive("adopt_node", "preview" if preview else asked["identity"])
        if self.missing:
            raise self.missing
        if asked["identity"] in self.absent:
            text = f"404: No Server found for {asked['identity']}"
            raise ServerError(text, type="ProfileOperationFailed")
        properties = {**self.found, **asked["overrides"]}
        if preview:
            return {"node_profile": {"node_preview": {"properties": properties}}}
        if None in properties.values():
            raise BadRequest("The value of a property is empty.", type="InvalidSpec")
        id_, profile = f"node-{next(self._ids)}", f"profile-{next(self._ids)}"
        self.put_profile(a_profile(profile, uid=None, name=f"prof-{asked['name']}"))
        taken = {"name": asked["name"], "metadata": asked["metadata"], "role": "", "tainted": False}
        made = a_node(id_, "", profile_id=profile, physical_id=asked["identity"])
        self.put_node(Node({**made.to_dict(), **taken}))
        return self._reply(self.node(id_))
