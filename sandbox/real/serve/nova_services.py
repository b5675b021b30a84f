# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-untyped-def"
# This runs in the real cloud's own virtual environment; Nova has no type annotations.
"""Nova in one process: API, conductor, scheduler, compute: `nova_services.py CONFIGURATION`.

NOVA_CONTROL_PORT: see nova_faults.py.
"""

import green  # noqa: F401, I001  # before anything else is imported

import os
import sys

import patches  # Senlin's
from hosts import ZONES

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"  # it is done above


def main() -> None:
    patches.wake_listeners_at_once()
    patches.pool_sqlite_connections()
    patches.never_yield_in_transactions()
    _configure()

    import nova_faults

    nova_faults.install(int(os.environ["NOVA_CONTROL_PORT"]))
    _serve()


def _configure() -> None:
    import os_vif
    from nova import config, objects
    from nova.conf import CONF
    from oslo_log import log

    config.parse_args(["nova", "--config-file", sys.argv[1]])
    log.setup(CONF, "nova")
    objects.register_all()
    os_vif.initialize()
    objects.Service.enable_min_version_cache()

    import nova_driver

    sys.modules["nova.virt.sandbox"] = nova_driver  # Nova loads drivers from that package only


def _serve() -> None:
    from nova import service
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.conf import CONF
    from nova.scheduler import rpcapi as scheduler
    from oslo_service import service as launchers

    # ServiceLauncher keeps every service in this process.
    launcher = launchers.ServiceLauncher(CONF, restart_method="mutate")
    for binary, topic, host in (
        ("nova-conductor", conductor.RPC_TOPIC, CONF.host),
        ("nova-scheduler", scheduler.RPC_TOPIC, CONF.host),
        *(("nova-compute", compute.RPC_TOPIC, host) for host in ZONES),
    ):
        launcher.launch_service(service.Service.create(host, binary, topic))
    launcher.launch_service(service.WSGIService("osapi_compute"))
    launcher.wait()


if __name__ == "__main__":
    main()
