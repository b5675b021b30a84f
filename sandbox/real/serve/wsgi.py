# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call"
# This runs in the real cloud's own virtual environment.
"""Serve a WSGI application: `wsgi.py SERVICE CONFIGURATION_DIRECTORY PORT`."""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any

# The services' libraries print deprecation warnings at every start.
warnings.simplefilter("ignore")

import patches  # noqa: E402  # Senlin's

Application = Callable[..., Any]


def keystone(directory: str) -> Application:
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = f"{directory}/keystone.conf"
    from keystone.server.wsgi import initialize_public_application

    return initialize_public_application()  # type: ignore[no-any-return]


def placement(directory: str) -> Application:
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = directory
    from placement.wsgi import init_application

    return init_application()  # type: ignore[no-any-return]


def glance(directory: str) -> Application:
    os.environ["OS_GLANCE_CONFIG_DIR"] = directory
    from glance.common.wsgi_app import init_app

    return init_app()  # type: ignore[no-any-return]


def neutron(directory: str) -> Application:
    os.environ["OS_NEUTRON_CONFIG_DIR"] = directory
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    import sqlalchemy.orm
    from neutron import server
    from neutron.db.migration.models import head  # noqa: F401  # imports every model
    from neutron.server import api_eventlet

    # The models are configured at the first request. If that lists ports, it fails: "'Port' has no
    # attribute 'port_forwardings'".
    sqlalchemy.orm.configure_mappers()
    return server.boot_server(api_eventlet.eventlet_api_server)  # type: ignore[no-any-return]


def octavia(directory: str) -> Application:
    """Return the API; its worker, which takes the API's messages, runs in threads."""
    arguments = ["octavia", "--config-file", f"{directory}/octavia.conf"]
    import oslo_messaging
    from octavia.api import app
    from octavia.common import constants, rpc
    from octavia.controller.queue.v2 import endpoints
    from oslo_config import cfg

    application = app.setup_app(argv=arguments)
    target = oslo_messaging.Target(
        topic=constants.TOPIC_AMPHORA_V2, server=cfg.CONF.host, fanout=False
    )
    rpc.get_server(target, [endpoints.Endpoints()], executor="threading").start()
    return application  # type: ignore[no-any-return]


def zaqar(directory: str) -> Application:
    from oslo_config import cfg
    from oslo_log import log
    from zaqar import bootstrap

    log.register_options(cfg.CONF)
    files = ["--config-file", f"{directory}/zaqar.conf"]
    cfg.CONF(files, project="zaqar", prog="zaqar-queues")
    log.setup(cfg.CONF, "zaqar")
    return bootstrap.Bootstrap(cfg.CONF).transport.app  # type: ignore[no-any-return]


APPLICATIONS = {it.__name__: it for it in (keystone, placement, glance, neutron, octavia, zaqar)}


def main() -> None:
    service, directory, port = sys.argv[1:]
    del sys.argv[1:]  # else the services parse them
    patches.wake_listeners_at_once()
    patches.pool_sqlite_connections()
    serve(APPLICATIONS[service](directory), port)


def serve(application: Application, port: str) -> None:
    """Serve it, one request at a time; keystone/serve.py says why."""
    import waitress

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Neutron's handler waits for other servers
    # Senlin's drivers leave a connection open for every session that they make. With the default
    # limit of 100 nobody is served after a few minutes, until some connections time out.
    limits = {"connection_limit": 4000, "channel_timeout": 30, "asyncore_use_poll": True}
    waitress.serve(application, listen=f"127.0.0.1:{port}", threads=1, **limits)


if __name__ == "__main__":
    main()
