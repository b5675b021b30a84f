"""A clock that the test moves."""

import time
from types import SimpleNamespace

import pytest
from builders import Clock

from senlin_operator.cloud import inventory
from senlin_operator.engine import conclusion, memory, reconciler


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Have the engine read a clock that can be put forward; the event loop keeps the real one."""
    clock = Clock()
    for module in (conclusion, inventory, memory, reconciler):
        monkeypatch.setattr(module, "time", SimpleNamespace(**vars(time) | {"monotonic": clock}))
    return clock
