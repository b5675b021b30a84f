# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-untyped-def"
# This runs in the real cloud's own virtual environment; Heat has no type annotations.
"""Heat in one process, API and engine: `heat_services.py CONFIGURATION`."""

import green  # noqa: F401, I001  # before anything else is imported

import sys

import eventlet
import patches  # Senlin's
from eventlet import wsgi


def main() -> None:
    patches.wake_listeners_at_once()
    patches.pool_sqlite_connections()
    patches.never_yield_in_transactions()
    _configure()
    _serve()


def _configure() -> None:
    import oslo_i18n

    oslo_i18n.enable_lazy()
    from heat.common import config, messaging
    from oslo_config import cfg
    from oslo_log import log

    log.register_options(cfg.CONF)
    # The paste pipeline is found by the program's name.
    cfg.CONF(["--config-file", sys.argv[1]], project="heat", prog="heat-api")
    log.setup(cfg.CONF, "heat")
    config.set_config_defaults()
    messaging.setup()


def _serve() -> None:
    from heat.common import config
    from heat.engine import service, template
    from heat.rpc import api as rpc_api
    from oslo_config import cfg
    from oslo_service import service as launchers

    config.startup_sanity_check()
    template._get_template_extension_manager()
    launcher = launchers.ServiceLauncher(cfg.CONF, restart_method="mutate")
    launcher.launch_service(service.EngineService(cfg.CONF.host, rpc_api.ENGINE_TOPIC))
    # Not by Heat's own server: it forks even for 0 workers, and the transport of the messages is in
    # this process only.
    listener = eventlet.listen((cfg.CONF.heat_api.bind_host, cfg.CONF.heat_api.bind_port))
    eventlet.spawn(wsgi.server, listener, config.load_paste_app(), log_output=False)
    launcher.wait()


if __name__ == "__main__":
    main()
