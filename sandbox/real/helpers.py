"""Redis for Zaqar, and RabbitMQ for notifications: Debian's programs, unpacked, not installed."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.real.services import HELPERS
from sandbox.servers import Server
from sandbox.settings import LOOPBACK, Settings
from tools import debian

_ERLANG = (
    "asn1 base crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl "
    "syntax-tools tftp tools xmerl"
)
# With what they need that a Debian 12 may lack.
PACKAGES = (
    "rabbitmq-server=3.10.8*",
    *(f"erlang-{part}=1:25.2.3*" for part in _ERLANG.split()),
    "redis-server=5:7.0.15*",
    "redis-tools=5:7.0.15*",
    "libjemalloc2",
    "liblzf1",
)
GREETING = b"AMQP\0\0\x09\x01"
DEBIANS_ERLANG = "/usr/lib/erlang"  # the only place where Debian's `erl` looks
CONFIGURATION = """
listeners.tcp.1 = {address}:{port}
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
"""
# One thread that does not spin, and no reachable address but loopback.
ERLANG_OPTIONS = (
    "-noinput -kernel inet_dist_use_interface {127,0,0,1} "
    "+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1"
)


def helper_programs() -> Path:
    """Return the directory with the contents of the packages.

    Raises:
        SandboxError: This machine cannot fetch them.
    """
    if reason := debian.obstacle():
        raise SandboxError(f"Redis and RabbitMQ cannot run here: {reason}")
    return debian.unpacked("helpers", PACKAGES)


def helper_servers(settings: Settings) -> list[Server]:
    """Return the servers that the settings name."""
    makers: dict[str, Callable[[Settings, Path], list[Server]]]
    makers = {"redis": _redis, "rabbitmq": _rabbitmq}
    if settings.debian is None:
        return []
    return [
        server
        for name in HELPERS
        if name in settings.services
        for server in makers[name](settings, settings.debian)
    ]


def _redis(settings: Settings, programs: Path) -> list[Server]:
    port = settings.ports["redis"]
    options = ["--bind", LOOPBACK, "--port", str(port), "--appendonly", "yes"]
    [libraries] = (programs / "usr" / "lib").glob("*-linux-gnu")
    server = Server(
        "redis",
        settings.directory,
        [programs / "usr" / "bin" / "redis-server", *options],
        is_ready=lambda: _accepts(port),
        environment={"LD_LIBRARY_PATH": str(libraries)},
    )
    return [server]


def _rabbitmq(settings: Settings, programs: Path) -> list[Server]:
    """Return RabbitMQ and Erlang's name server, which it would start where nobody stops it."""
    ports, home = settings.ports, settings.directory / "rabbitmq"
    names = {"ERL_EPMD_ADDRESS": LOOPBACK, "ERL_EPMD_PORT": str(ports["epmd"])}
    epmd = Server(
        "epmd",
        settings.directory,
        [programs / "usr" / "bin" / "epmd"],
        is_ready=lambda: _accepts(ports["epmd"]),
        environment=names,
        patience=0,  # it ignores the signal
    )
    [script] = programs.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
    rabbitmq = Server(
        "rabbitmq",
        settings.directory,
        [script],
        is_ready=lambda: _accepts(ports["rabbitmq"], GREETING),
        after=("epmd",),
        environment=names
        | {
            "PATH": f"{home}:{programs / 'usr' / 'bin'}:{os.environ['PATH']}",
            "HOME": str(home),
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_DIST_PORT": str(ports["rabbitmq-nodes"]),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_OPTIONS,
        },
    )
    return [epmd, rabbitmq]


def prepare_helpers(settings: Settings) -> None:
    """Write RabbitMQ's configuration, and an `erl` that finds the unpacked Erlang."""
    if settings.debian is None or "rabbitmq" not in settings.services:
        return
    home = settings.directory / "rabbitmq"
    home.mkdir(exist_ok=True)
    text = CONFIGURATION.format(address=LOOPBACK, port=settings.ports["rabbitmq"])
    (home / "rabbitmq.conf").write_text(text)
    erlang = f"{settings.debian}{DEBIANS_ERLANG}"
    script = Path(erlang, "bin", "erl").read_text()
    old, new = f"ROOTDIR={DEBIANS_ERLANG}", f"ROOTDIR={erlang}"
    (home / "erl").write_text(script.replace(old, new))
    (home / "erl").chmod(0o755)


def _accepts(port: int, greeting: bytes = b"") -> bool:
    """Return whether a server listens on that port, and replies to the greeting."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as probe:
            probe.sendall(greeting)
            return not greeting or bool(probe.recv(8))
    except OSError:
        return False
