"""The control of Octavia, whose drivers do nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from sandbox.real.api import Api, Record


class Octavia:
    """Lists load balancers and members, and lets new load balancers fail."""

    def __init__(self, api: Api, directory: Path) -> None:
        self._api = api
        self._key = directory / "octavia-pki" / "ca.key"

    def load_balancers(self, name: str = "*") -> list[Record]:
        """Return the load balancers; `name` is a shell pattern."""
        found = self._api.list("octavia", "/v2/lbaas/loadbalancers", "loadbalancers")
        return [balancer for balancer in found if fnmatchcase(balancer["name"], name)]

    def pool_members(self, name: str = "*") -> list[Record]:
        """Return the members of all pools; `name` is a shell pattern."""
        pools = self._api.list("octavia", "/v2/lbaas/pools", "pools")
        found = [
            member
            for pool in pools
            for member in self._api.list(
                "octavia", f"/v2/lbaas/pools/{pool['id']}/members", "members"
            )
        ]
        return [member for member in found if fnmatchcase(member["name"], name)]

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Let every new load balancer end in ERROR after Octavia has accepted it.

        Its certificate cannot be signed, because the key of Octavia's authority is away.
        """
        away = self._key.rename(self._key.with_suffix(".away"))
        try:
            yield
        finally:
            away.rename(self._key)
