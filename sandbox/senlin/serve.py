# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""All of Senlin in one process: API, conductor, engine, health manager.

`serve.py --config-file FILE`. With SIMULATED_CLOUD_PORT and SIMULATED_CLOUD_FILE in the environment
the cloud below is simulated (simnova.py); without, it is real (real_cloud.py). Some defects of
Senlin can be repaired (repairs.py).
"""

# As in Senlin's own commands: before anything else is imported.
import eventlet

eventlet.monkey_patch(os=False)
import threading  # noqa: E402

import __original_module_threading as unpatched_threading  # noqa: E402

unpatched_threading.current_thread.__globals__["_active"] = threading._active  # type: ignore[attr-defined]

import os  # noqa: E402
import sys  # noqa: E402

import patches  # noqa: E402
import repairs  # noqa: E402


def main() -> None:
    for patch in patches.BEFORE_CONFIGURATION:
        patch()
    _configure()
    for patch in patches.AFTER_CONFIGURATION:
        patch()

    if "SIMULATED_CLOUD_PORT" in os.environ:
        import simnova

        simnova.install()
    else:
        import real_cloud

        real_cloud.adapt()
    repairs.repair()
    _serve()


def _configure() -> None:
    import senlin.conf
    from oslo_log import log
    from senlin import objects
    from senlin.common import config, messaging, profiler

    configuration = senlin.conf.CONF
    config.parse_args(sys.argv, "senlin-api")  # selects the paste pipeline
    log.setup(configuration, "senlin")
    log.set_defaults()
    objects.register_all()
    messaging.setup()
    profiler.setup("senlin", configuration.host)


def _serve() -> None:
    import senlin.conf
    from oslo_service import service
    from senlin.api.common import wsgi
    from senlin.common import consts
    from senlin.conductor.service import ConductorService
    from senlin.engine.service import EngineService
    from senlin.health_manager.service import HealthManagerService

    configuration = senlin.conf.CONF
    # ServiceLauncher keeps every service in this process.
    launcher = service.ServiceLauncher(configuration, restart_method="mutate")
    for service_class, topic in (
        (ConductorService, consts.CONDUCTOR_TOPIC),
        (EngineService, consts.ENGINE_TOPIC),
        (HealthManagerService, consts.HEALTH_MANAGER_TOPIC),
    ):
        launcher.launch_service(service_class(configuration.host, topic))
    server = wsgi.Server("senlin-api", configuration.senlin_api)
    server.start(wsgi.load_paste_app(), default_port=configuration.senlin_api.bind_port)
    launcher.wait()


if __name__ == "__main__":
    main()
