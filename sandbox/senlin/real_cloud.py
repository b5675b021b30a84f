# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""What is changed in Senlin 16.0.0 over a real cloud.

It polls servers and load balancers more often, which changes nothing but the time that an action
takes; with SENLIN_POLLS_SELDOM in the environment it does so as rarely as without the sandbox.
"""

import functools
import os

POLL_SECONDS = 0.2


def adapt() -> None:
    """Replace what the environment asks for."""
    if not os.environ.get("SENLIN_POLLS_SELDOM"):
        poll_servers_often()
        poll_load_balancers_often()


def poll_servers_often() -> None:
    """Ask every 0.2 seconds, not every 2, whether a server has been built or deleted."""
    from openstack import resource

    wait_for_status, wait_for_delete = resource.wait_for_status, resource.wait_for_delete

    @functools.wraps(wait_for_status)
    def status(session, res, wanted, failures, interval=None, *args, **kwargs):
        return wait_for_status(session, res, wanted, failures, POLL_SECONDS, *args, **kwargs)

    @functools.wraps(wait_for_delete)
    def delete(session, res, interval, *args, **kwargs):
        return wait_for_delete(session, res, POLL_SECONDS, *args, **kwargs)

    resource.wait_for_status, resource.wait_for_delete = status, delete


def poll_load_balancers_often() -> None:
    """Ask every 0.2 seconds, not every 10, whether a load balancer is ready."""
    import eventlet
    from senlin.drivers.os import lbaas

    class Often:
        @staticmethod
        def sleep(seconds=0):
            eventlet.sleep(min(seconds, POLL_SECONDS))

    lbaas.eventlet = Often
