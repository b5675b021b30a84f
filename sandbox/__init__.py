"""Real servers on one machine, for the tests and the demo: Kubernetes, Keystone, Senlin.

`with Sandbox.up() as sandbox: …`, or `python -m sandbox up`. Only the cloud below Senlin is
simulated, unless a real one is asked for. Linux only: servers are recognised by their entries in
/proc.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    """Import `Sandbox` on first use: the guard and the proxy start faster without it."""
    if name != "Sandbox":
        raise AttributeError(name)
    from sandbox.sandbox import Sandbox

    return Sandbox
