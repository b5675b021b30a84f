"""Clouds that keep profiles, and perhaps rename them at each poll."""

import itertools
import json
from collections import defaultdict
from typing import Any
from uuid import uuid4

from tests.tenants.hostile_cloud import Answer, HostileCloud, Request


class Keeping:
    """What some clouds of a server do with profiles: they keep them, as Senlin does.

    Args:
        cloud: The server.
        of: A regular expression for the names of the clouds.
    """

    def __init__(self, cloud: HostileCloud, of: str) -> None:
        self._profiles: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        cloud.does("POST", "/v1/profiles", self._create, of=of)
        cloud.does("PATCH", "/v1/profiles/.*", self._change, of=of)
        cloud.does("GET", "/v1/profiles", self._list, of=of)
        cloud.does("GET", "/v1/profiles/.*", self._get, of=of)
        cloud.does("DELETE", "/v1/profiles/.*", self._delete, of=of)

    def _create(self, request: Request) -> Answer:
        given = json.loads(request.body)["profile"]
        spec = given["spec"]
        kind = f"{spec['type']}-{spec['version']}"
        made = {"id": str(uuid4()), "type": kind, "created_at": "2026-01-01T00:00:00Z", **given}
        self._profiles[request.cloud][made["id"]] = made
        return Answer({"profile": made}, 201)

    def _get(self, request: Request) -> Answer:
        return Answer({"profile": self._named(request)})

    def _named(self, request: Request) -> dict[str, Any]:
        return self._profiles[request.cloud][request.bare_path.rpartition("/")[2]]

    def _change(self, request: Request) -> Answer:
        profile = self._named(request)
        profile.update(json.loads(request.body)["profile"])
        return Answer({"profile": profile})

    def _list(self, request: Request) -> Answer:
        return Answer({"profiles": list(self._profiles[request.cloud].values())})

    def _delete(self, request: Request) -> Answer:
        self._profiles[request.cloud].pop(request.bare_path.rpartition("/")[2], None)
        return Answer(status=204)


class Flipping(Keeping):
    """The same, but they rename each profile at each poll: there is always something to correct.

    Args:
        cloud: The server.
        of: As above.
        name: The beginning of the names.
    """

    def __init__(self, cloud: HostileCloud, of: str, name: str = "renamed") -> None:
        super().__init__(cloud, of)
        self._name = name
        self._numbers = itertools.count()

    def _list(self, request: Request) -> Answer:
        for profile in self._profiles[request.cloud].values():
            profile["name"] = f"{self._name}-{next(self._numbers)}"
        return super()._list(request)
