"""Real servers on one machine, for the tests and the demo: Kubernetes, Keystone, Senlin.

`with Sandbox.up() as sandbox: …`, or `python -m sandbox up`. Only the cloud below Senlin is
simulated. Linux only: a server's process is recognised by what /proc says of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    """Import it when it is asked for: the small processes of a sandbox do without all of it."""
    if name != "Sandbox":
        raise AttributeError(name)
    from sandbox.sandbox import Sandbox

    return Sandbox
