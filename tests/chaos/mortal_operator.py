"""An operator that dies after its n-th request: DIE_AFTER=n, then the flags of the real one.

It is the real program with a hook that counts requests, to Senlin, to Keystone and to Kubernetes
(but for the watches), as their replies arrive. A request to read that is repeated before anything
is written does not count: how often a process polls depends on the speed of the machine. Death is
SIGKILL: nothing is tidied up.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from senlin_operator.__main__ import main
from senlin_operator.kube.api import Api


class Life:
    """Ends with the n-th reply."""

    def __init__(self, requests_left: int) -> None:
        self._left = requests_left
        self._read: set[str] = set()  # since the last write
        self._lock = threading.Lock()

    def spend(self, method: str, url: str) -> None:
        with self._lock:
            if method != "GET":
                self._read.clear()
            elif url in self._read:
                return
            else:
                self._read.add(url)
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def count(life: Life) -> None:
    """Let each reply take a bit of the life."""
    send: Callable[..., requests.Response] = HTTPAdapter.send  # below all shortcuts
    ask: Callable[..., Any] = Api.send

    def counted_send(
        adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        reply = send(adapter, request, **options)
        life.spend(str(request.method), str(request.url))
        return reply

    async def counted_ask(api: Api, method: str, path: str, **options: Any) -> Any:
        try:
            return await ask(api, method, path, **options)
        finally:
            life.spend(method, f"{path}?{options.get('query')}")

    HTTPAdapter.send = counted_send  # type: ignore[assignment,method-assign]
    Api.send = counted_ask  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    count(Life(int(os.environ["DIE_AFTER"])))
    main()
