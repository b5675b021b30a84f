"""The settings of the operator process: each a flag, and an environment variable."""

import argparse
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

PREFIX = "SENLIN_OPERATOR_"
# Variables that Kubernetes sets in pods whose namespace has a Service called senlin-operator.
_SERVICE_LINK = re.compile(r"(METRICS_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)")
# The form of a namespace's name, and of a label's value: a Lease has its own name as a label.
_NAME = {
    "pattern": r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
    "form": "a name of lower-case letters, digits and hyphens",
}
_DOTTED = {
    "pattern": r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?",
    "form": "a name of lower-case letters, digits, hyphens and dots",
}


_HOST = re.compile(r"(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z]([-a-z0-9]*[a-z0-9])?", re.I)


class BadSettings(Exception):
    """A setting is unknown, or has an invalid value."""


def _is_endpoint(text: str) -> bool:
    """Return whether it is a network, an address, or a host's name, also with `*.` before it."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one operator process runs. A flag wins over its environment variable."""

    kubeconfig: str | None = field(
        default=None,
        metadata={"help": "kubeconfig file; without one: KUBECONFIG, or the cluster it runs in"},
    )
    namespaces: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "namespaces to watch, separated by commas; none: all",
            **_NAME,
        },
    )
    leader_election: bool = field(
        default=False,
        metadata={
            "help": "true: wait for the lease before doing anything, so that one of several "
            "processes acts; false: act at once",
            "choices": ("true", "false"),
        },
    )
    lease_name: str = field(
        default="senlin-operator",
        metadata={
            "help": "name of the Lease; the same for all processes of one installation",
            **_DOTTED,
        },
    )
    lease_namespace: str | None = field(
        default=None,
        metadata={
            "help": "namespace of the Lease; without one: the pod's own, or default",
            **_NAME,
        },
    )
    shards: int = field(
        default=1,
        metadata={"help": "number of processes that share the namespaces", "least": 1, "most": 64},
    )
    shard: int = field(
        default=0,
        metadata={"help": "which of the shards this is, from 0", "least": 0, "most": 63},
    )
    workers: int = field(
        default=16,
        metadata={
            "help": "objects reconciled at once; those that wait for OpenStack do not count",
            "least": 1,
            "most": 1000,
        },
    )
    sessions: int = field(
        default=500,
        metadata={
            "help": "credentials in use at once, each with up to 9 threads; half of them are kept "
            "for namespaces that use none yet",
            "least": 2,
            "most": 10000,
        },
    )
    sessions_per_namespace: int = field(
        default=8,
        metadata={
            "help": "credentials that one namespace may use at once",
            "least": 1,
            "most": 1000,
        },
    )
    inventory_interval: float = field(
        default=30.0,
        metadata={
            "help": "seconds between polls of an idle OpenStack project",
            "least": 1,
            "most": 3600,
        },
    )
    explain_failures: bool = field(
        default=True,
        metadata={
            "help": "true: ask Nova and Heat where Senlin does not say why a server or stack "
            "failed, or what it waits for; false: show Senlin's words alone",
            "choices": ("true", "false"),
        },
    )
    allowed_endpoints: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "networks, addresses, and names of hosts (also *.example.com) that credentials "
            "may lead to, separated by commas; none: all but local ones. Local ones (loopback, "
            "link-local, metadata services) need a network of their own, such as 127.0.0.0/8",
            "is_valid": _is_endpoint,
            "form": "a network, an address, or a host's name, such as 10.20.0.0/16 or "
            "*.example.com",
        },
    )
    max_list_mebibytes: int = field(
        default=64,
        metadata={
            "help": "size of a list of OpenStack, unpacked, beyond which it is refused",
            "least": 1,
            "most": 1024,
        },
    )
    max_lists_mebibytes: int = field(
        default=16,
        metadata={
            "help": "size of all lists together that the operator keeps, unpacked; they take four "
            "times as much memory, and those of a hostile cloud up to 27 times",
            "least": 1,
            "most": 65536,
        },
    )
    max_reply_mebibytes: int = field(
        default=1,
        metadata={
            "help": "size of every other reply of OpenStack, unpacked, beyond which it is refused",
            "least": 1,
            "most": 1024,
        },
    )
    senlin_repaired: bool = field(
        default=False,
        metadata={
            "help": "true: the defects in docs/senlin-16.md are repaired in this Senlin; false: it "
            "is as released, so what stops servers and fails, or does nothing, is refused",
            "choices": ("true", "false"),
        },
    )
    more_login_kinds: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "values of auth_type that clouds.yaml may have beside those in "
            "docs/credentials.md, separated by commas; each is code of keystoneauth1 that runs "
            "with what tenants write",
            "pattern": r"[a-z0-9_]{1,63}",
            "form": "a value of auth_type, such as v3oidcaccesstoken",
        },
    )
    unverified_tls: bool = field(
        default=True,
        metadata={
            "help": "true: clouds.yaml may have verify: false, so that whoever answers is trusted; "
            "false: such a cloud is refused",
            "choices": ("true", "false"),
        },
    )
    receivers: bool = field(
        default=True,
        metadata={
            "help": "true: look after SenlinReceivers, which takes the right to create Secrets; "
            "false: neither watch nor list them",
            "choices": ("true", "false"),
        },
    )
    host: str | None = field(
        default=None,
        metadata={"help": "address of probes and metrics; none: all, of IPv4 and of IPv6"},
    )
    metrics_port: int = field(
        default=8080,
        metadata={"help": "port of the metrics; 0: none", "least": 0, "most": 65535},
    )
    probe_port: int = field(
        default=8081,
        metadata={"help": "port of the probes; 0: none", "least": 0, "most": 65535},
    )
    metrics_authentication: str = field(
        default="kubernetes",
        metadata={
            "help": "kubernetes: the metrics are for bearer tokens whose owner may get /metrics, "
            "as Kubernetes says; none: they are for everybody who reaches the port",
            "choices": ("kubernetes", "none"),
        },
    )
    metrics_cert_path: str | None = field(
        default=None,
        metadata={
            "help": "directory with tls.crt and tls.key, to serve the metrics by HTTPS; "
            "none: plain HTTP",
        },
    )
    metrics_by_namespace: bool = field(
        default=True,
        metadata={
            "help": "true: the metrics of resources have their namespace as a label, so that "
            "alerts reach the right team; false: they do not",
            "choices": ("true", "false"),
        },
    )
    otlp_endpoint: str | None = field(
        default=None,
        metadata={
            "help": "base URL of an OpenTelemetry receiver (OTLP over HTTP) for traces, "
            "such as http://collector:4318; none: no traces",
            "pattern": r"https?://([^/\s?#@:[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?",
            "form": "the base URL of a receiver, such as http://collector:4318",
            "secret": True,  # it may contain a password
        },
    )
    log_format: str = field(
        default="json", metadata={"help": "json or console", "choices": ("json", "console")}
    )
    log_level: str = field(
        default="info",
        metadata={"help": "debug, info or warning", "choices": ("debug", "info", "warning")},
    )


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting."""
    for setting in dataclasses.fields(Settings):
        flag = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(flag, metavar="VALUE", help=setting.metadata["help"])


def load(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """Return the settings from flags and environment.

    Raises:
        BadSettings: One is unknown or invalid; the sentence says which.
    """
    fields = {setting.name: setting for setting in dataclasses.fields(Settings)}
    for variable in environ:
        name = variable.removeprefix(PREFIX)
        if name != variable and name.lower() not in fields and not _SERVICE_LINK.fullmatch(name):
            raise BadSettings(f"{variable} is not a setting of the operator; see --help.")
    values: dict[str, Any] = {}
    for name, setting in fields.items():
        text = flags.get(name) or _variable(name, environ)
        if text:
            values[name] = _value(setting, text)
    settings = Settings(**values)
    if settings.shard >= settings.shards:
        last = settings.shards - 1
        raise BadSettings(f"shard is {settings.shard}, but the last of {last + 1} is {last}.")
    return settings


def _variable(name: str, environ: Mapping[str, str]) -> str | None:
    text = environ.get(f"{PREFIX}{name.upper()}")
    # Beside a Service senlin-operator-metrics it is such as tcp://10.0.0.1:8080.
    is_of_a_service = name == "metrics_port" and text and "://" in text
    return None if is_of_a_service else text


def _value(setting: "dataclasses.Field[Any]", text: str) -> object:
    name, hints = setting.name, setting.metadata
    if choices := hints.get("choices"):
        chosen = _choice(name, text, choices)
        return chosen == "true" if setting.type is bool else chosen
    if setting.type == tuple[str, ...]:
        return tuple(_text(name, part.strip(), hints) for part in text.split(",") if part.strip())
    if "least" not in hints:
        return _text(name, text, hints)
    try:
        number = float(text) if setting.type is float else int(text)
    except ValueError:
        raise BadSettings(f"{name} is {text!r}, but should be a number.") from None
    if not hints["least"] <= number <= hints["most"]:
        raise BadSettings(f"{name} is {text}, but should be {hints['least']} to {hints['most']}.")
    return number


def _text(name: str, text: str, hints: Mapping[str, Any]) -> str:
    is_valid = hints.get("is_valid", re.compile(hints.get("pattern", ".*")).fullmatch)
    if not is_valid(text):
        what = "" if hints.get("secret") else f"is {text!r}, but "
        raise BadSettings(f"{name} {what}should be {hints['form']}.")
    return text


def _choice(name: str, text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise BadSettings(f"{name} is {text!r}, but should be one of: {', '.join(choices)}.")
    return text
