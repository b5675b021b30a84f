"""The fake Senlin of the unit tests; time passes in it when a scenario waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from tests.contract.cloud import NOBODY, Cloud
from tests.unit.operator.fake_adoption import Adopting

_STEPS = 100  # more than any action takes


class FakeCloud(Cloud):
    """A project with nothing in it."""

    def __init__(self) -> None:
        self._senlin = Adopting()
        self._senlin.slow = True
        self._senlin.absent.add(NOBODY)
        self.senlin = self._senlin.proxy
        self.name = "contract"
        self._numbers = count(1)

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(_STEPS):
            if condition():
                return
            self._senlin.work()
        raise AssertionError("it did not come in time")

    @contextmanager
    def failing_builds(self, count: int | None = None, *, late: bool = False) -> Iterator[None]:
        self._senlin.broken_builds = _STEPS if count is None else count
        self._senlin.late_breaks = late
        yield
        self._senlin.broken_builds = 0

    @contextmanager
    def slow_builds(self) -> Iterator[None]:
        self._senlin.slow_builds = True
        yield
        self._senlin.slow_builds = False

    @contextmanager
    def failing_resizes(self, count: int | None = None) -> Iterator[None]:
        self._senlin.refused_resizes = _STEPS if count is None else count
        yield
        self._senlin.refused_resizes = 0

    def lose_server(self, node: str) -> None:
        self._senlin.servers.remove(self._server(node))

    def break_server(self, node: str) -> None:
        self._senlin.broken_servers.add(self._server(node))

    def mend_server(self, node: str) -> None:
        self._senlin.broken_servers.remove(self._server(node))

    def has_server(self, id_: str) -> bool:
        return id_ in self._senlin.servers

    def works(self, id_: str) -> bool:
        return id_ in self._senlin.servers - self._senlin.broken_servers

    def boot(self, **attributes: str) -> str:
        id_ = f"booted-{next(self._numbers)}"
        self._senlin.servers.add(id_)
        self._senlin.found = {"flavor": "m1.tiny", "key_name": None, **attributes}
        return id_

    def empty(self, cluster: str) -> None:
        self._senlin.empty(cluster)

    def _server(self, node: str) -> str:
        server = self.read_node(node).physical_id
        assert server
        return server
