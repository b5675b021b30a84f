# mypy: disable-error-code="import-not-found,import-untyped"
# This runs in the process of Senlin or Nova, in its virtual environment.
"""The control port of Nova, the simulated one and the real one: operations over HTTP."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import eventlet
from eventlet import wsgi


def open_control_port(port: int, operations: Mapping[str, Callable[..., Any]]) -> None:
    """Accept `POST /<operation>` with a JSON object of arguments."""

    def serve(environ: Any, start_response: Any) -> list[bytes]:
        operation = operations.get(environ["PATH_INFO"].strip("/"))
        try:
            arguments = json.loads(environ["wsgi.input"].read() or b"{}")
            status, reply = "200 OK", operation(**arguments)  # type: ignore[misc]
        except TypeError as error:  # no such operation, or wrong arguments
            status, reply = "400 Bad Request", str(error)
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(reply).encode()]

    listener = eventlet.listen(("127.0.0.1", port))
    eventlet.spawn(wsgi.server, listener, serve, log_output=False)
