"""The error of the sandbox's own code."""

from tools.run import ToolError


class SandboxError(ToolError):
    """A server of the sandbox failed or refused a request; the message says why."""
