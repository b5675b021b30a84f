"""Settings from flags and from the environment."""

import argparse
import dataclasses

import pytest

from senlin_operator.settings import PREFIX, BadSettings, Settings, add_flags, load

A_NAME = "a name of lower-case letters, digits and hyphens"
A_DOTTED_NAME = "a name of lower-case letters, digits, hyphens and dots"


def test_without_flags_and_variables_the_defaults_hold() -> None:
    assert load({}, {"PATH": "/bin", "HOSTNAME": "pod-1"}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("kubeconfig", "/etc/kubeconfig", "/etc/kubeconfig"),
        ("namespaces", "team", ("team",)),
        ("namespaces", "team, other ,,", ("team", "other")),
        ("namespaces", " ", ()),
        ("lease_name", "my-lease.example", "my-lease.example"),
        ("workers", "1", 1),
        ("workers", "1000", 1000),
        ("inventory_interval", "2.5", 2.5),
        ("inventory_interval", "3600", 3600.0),
        ("host", "127.0.0.1", "127.0.0.1"),
        ("metrics_port", "0", 0),
        ("metrics_port", "65535", 65535),
        ("log_format", "console", "console"),
        ("log_level", "debug", "debug"),
    ],
)
def test_a_good_value(name: str, text: str, value: object) -> None:
    by_flag = load({name: text}, {})
    by_variable = load({}, {f"{PREFIX}{name.upper()}": text})

    assert getattr(by_flag, name) == value
    assert type(getattr(by_flag, name)) is type(value)
    assert by_flag == by_variable


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("workers", "many", "workers is 'many', but should be a number."),
        ("workers", "2.5", "workers is '2.5', but should be a number."),
        ("workers", "0", "workers is 0, but should be 1 to 1000."),
        ("workers", "1001", "workers is 1001, but should be 1 to 1000."),
        ("inventory_interval", "0.5", "inventory_interval is 0.5, but should be 1 to 3600."),
        ("inventory_interval", "nan", "inventory_interval is nan, but should be 1 to 3600."),
        ("inventory_interval", "inf", "inventory_interval is inf, but should be 1 to 3600."),
        ("inventory_interval", "30s", "inventory_interval is '30s', but should be a number."),
        ("metrics_port", "-1", "metrics_port is -1, but should be 0 to 65535."),
        ("metrics_port", "65536", "metrics_port is 65536, but should be 0 to 65535."),
        ("log_format", "xml", "log_format is 'xml', but should be one of: json, console."),
        ("namespaces", "team,Other", f"namespaces is 'Other', but should be {A_NAME}."),
        ("namespaces", "team-*", f"namespaces is 'team-*', but should be {A_NAME}."),
        (
            "lease_name",
            "my lease",
            f"lease_name is 'my lease', but should be {A_DOTTED_NAME}.",
        ),
        ("lease_namespace", "a_b", f"lease_namespace is 'a_b', but should be {A_NAME}."),
        ("log_level", "INFO", "log_level is 'INFO', but should be one of: debug, info, warning."),
    ],
)
def test_a_bad_value(name: str, text: str, complaint: str) -> None:
    for flags, environ in (({name: text}, {}), ({}, {f"{PREFIX}{name.upper()}": text})):
        with pytest.raises(BadSettings) as caught:
            load(flags, environ)

        assert str(caught.value) == complaint


def test_a_flag_overrides_its_variable() -> None:
    assert load({"workers": "2"}, {f"{PREFIX}WORKERS": "3"}).workers == 2


def test_a_flag_that_is_not_given_leaves_the_variable() -> None:
    assert load({"workers": None}, {f"{PREFIX}WORKERS": "3"}).workers == 3


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(BadSettings, match="SENLIN_OPERATOR_WORKER is not a setting"):
        load({}, {f"{PREFIX}WORKER": "3"})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SENLIN_OPERATOR_SERVICE_HOST", "10.0.0.1"),
        ("SENLIN_OPERATOR_SERVICE_PORT", "8080"),
        ("SENLIN_OPERATOR_SERVICE_PORT_HTTP", "8080"),
        ("SENLIN_OPERATOR_PORT", "tcp://10.0.0.1:8080"),
        ("SENLIN_OPERATOR_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("SENLIN_OPERATOR_METRICS_SERVICE_HOST", "10.0.0.1"),
        ("SENLIN_OPERATOR_METRICS_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("SENLIN_OPERATOR_METRICS_PORT", "tcp://10.0.0.1:8080"),
    ],
)
def test_a_variable_that_kubernetes_sets_for_a_service_is_ignored(variable: str, text: str) -> None:
    """A pod gets such variables for the Services senlin-operator and senlin-operator-metrics."""
    assert load({}, {variable: text}) == Settings()


def test_a_flag_with_the_address_of_a_service_is_refused() -> None:
    with pytest.raises(BadSettings, match="metrics_port is 'tcp:"):
        load({"metrics_port": "tcp://10.0.0.1:8080"}, {})


@pytest.mark.parametrize("name", [it.name for it in dataclasses.fields(Settings)])
def test_an_empty_variable_is_ignored(name: str) -> None:
    """Charts set such variables."""
    assert load({}, {f"{PREFIX}{name.upper()}": ""}) == Settings()


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda it: it.name)
def test_every_setting_has_a_flag_with_help(setting: "dataclasses.Field[object]") -> None:
    parser = argparse.ArgumentParser(prog="senlin-operator")
    add_flags(parser)
    flag = f"--{setting.name.replace('_', '-')}"

    flags = vars(parser.parse_args([flag, "x"]))

    assert flags[setting.name] == "x"
    assert setting.metadata["help"] in " ".join(parser.format_help().split())


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda it: it.name)
def test_every_default_is_a_good_value(setting: "dataclasses.Field[object]") -> None:
    default = setting.default
    if default is None:
        return
    text = ",".join(default) if isinstance(default, tuple) else str(default)
    text = text.lower() if isinstance(default, bool) else text

    assert getattr(load({setting.name: text}, {}), setting.name) == default


def test_the_index_of_a_shard_is_below_their_count() -> None:
    assert load({"shards": "2", "shard": "1"}, {}).shard == 1
    with pytest.raises(BadSettings, match="shard is 2, but the last of 2 is 1"):
        load({"shards": "2", "shard": "2"}, {})


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_a_boolean(text: str, value: bool) -> None:
    assert load({"leader_election": text}, {}).leader_election is value


@pytest.mark.parametrize(
    "url", ["http://collector:4318", "https://otel.example/base", "http://[fd00::1]:4318"]
)
def test_a_good_otlp_endpoint(url: str) -> None:
    assert load({"otlp_endpoint": url}, {}).otlp_endpoint == url


@pytest.mark.parametrize(
    "url",
    [
        "collector",
        "tcp://collector:4318",
        "http://user:pw@collector",
        "http://collector:port",
        "http://collector:4318:4318",
    ],
)
def test_a_bad_otlp_endpoint_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadSettings, match="otlp_endpoint should be the base URL") as error:
        load({"otlp_endpoint": url}, {})
    assert "user:pw" not in str(error.value)
