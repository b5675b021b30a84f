# mypy: disable-error-code="import-not-found,import-untyped"
# This runs in the process of a service with green threads.
"""Turns threads into green ones when it is imported, as the services' own commands do."""

import eventlet

eventlet.monkey_patch(os=False)
import threading  # noqa: E402

import __original_module_threading as unpatched_threading  # noqa: E402

unpatched_threading.current_thread.__globals__["_active"] = threading._active  # type: ignore[attr-defined]
