# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call"
# This runs in Nova's process; Nova has no type annotations.
"""Faults of Nova that tests set over a port: Nova refuses, fails or delays what they name.

Where Nova itself can be brought to fail (a quota, a status, a deleted server), the sandbox does
that over its API instead. A refusal here is a reply of Nova's API, with the text of the test.
"""

import functools
import time

import eventlet
from control_port import open_control_port
from nova import context, exception, objects
from nova.compute import api
from nova.scheduler import manager
from rules import Rules
from webob import exc

POLL_SECONDS = 0.1
rules = Rules()


def install(port):
    """Put the faults into API and scheduler, and open the control port."""
    api.API.create = _refusing_builds(api.API.create)
    api.API.resize = _refusing("refuse-resize", exc.HTTPForbidden, api.API.resize)
    api.API.delete = _refusing("refuse-deletion", exc.HTTPConflict, api.API.delete)
    scheduler = manager.SchedulerManager
    scheduler.select_destinations = _finding_no_host(scheduler.select_destinations)
    operations = {"plan": rules.plan, "lift": lambda **which: len(rules.lift(**which))}
    open_control_port(port, operations)


def delay(instance):
    """Wait as long as a fault says, or until it is lifted."""
    if slow := rules.take("slow-build", _server(instance)):
        end = time.monotonic() + slow.seconds
        while time.monotonic() < end and slow in rules:
            eventlet.sleep(POLL_SECONDS)


def failure(instance):
    """Return the text with which the build of a server fails, or None."""
    failing = rules.take("fail-build", _server(instance))
    return failing and failing.text


def _server(instance):
    return {"name": instance.display_name, "metadata": instance.metadata}


def _refusing_builds(create):
    @functools.wraps(create)
    def refusing(self, context, *args, display_name=None, metadata=None, **kwargs):
        server = {"name": display_name, "metadata": metadata or {}}
        if refused := rules.take("refuse-build", server):
            raise exc.HTTPForbidden(explanation=refused.text)
        return create(self, context, *args, display_name=display_name, metadata=metadata, **kwargs)

    return refusing


def _refusing(kind, error, method):
    @functools.wraps(method)
    def refusing(self, context, instance, *args, **kwargs):
        if refused := rules.take(kind, _server(instance)):
            raise error(explanation=refused.text)
        return method(self, context, instance, *args, **kwargs)

    return refusing


def _finding_no_host(select_destinations):
    """Let the scheduler find no host, for a build or for a resize."""

    @functools.wraps(select_destinations)
    def select(self, context, *args, spec_obj=None, **kwargs):
        if rules.take("no-valid-host", _server(_instance(spec_obj.instance_uuid))):
            raise exception.NoValidHost(reason="There are not enough hosts available.")
        return select_destinations(self, context, *args, spec_obj=spec_obj, **kwargs)

    return select


def _instance(instance_id):
    """Return a server; one that has no host yet is a request in Nova's database."""
    admin = context.get_admin_context()
    try:
        return objects.BuildRequest.get_by_instance_uuid(admin, instance_id).instance
    except exception.BuildRequestNotFound:
        return objects.Instance.get_by_uuid(admin, instance_id)
