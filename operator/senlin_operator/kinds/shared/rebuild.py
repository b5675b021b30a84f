"""Rebuilds of servers, which Senlin 16 as released cannot do: it stops a server, and then fails.

Its driver calls openstacksdk's `rebuild_server` with arguments that it does not take
(senlin/drivers/os/nova_v2.py). A recovery by REBUILD needs it, and a change of the image, which
`in_place` refuses.
"""

OR_REPAIRED = "or set the operator's --senlin-repaired if this Senlin is repaired"


def rebuild_refused() -> str:
    """Return a sentence about a recovery by REBUILD."""
    return (
        "Senlin 16 as released cannot rebuild a server: set remediation.operation to RECREATE or "
        f"REBOOT, {OR_REPAIRED}"
    )
