"""The values: which are refused and with which words, and what has to be said of each."""

import dataclasses
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.helm import generate
from sandbox import Sandbox
from sandbox.errors import SandboxError
from senlin_operator.settings import Settings
from tests.chart.chart import CHART, Document, documents, rendered

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# Settings that are no values of `settings`: more follows from them than a variable, they follow
# from something else, or a pod has no use for them.
ELSEWHERE = {
    *("kubeconfig", "namespaces", "shards", "shard", "lease_name", "lease_namespace"),
    "metrics_cert_path",
}


def test_lint(sandbox: Sandbox) -> None:
    assert "0 chart(s) failed" in sandbox.helm("lint", "--strict", str(CHART))


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("replica=3", "additional properties 'replica' not allowed"),
        ("settings.worker=3", "at '/settings': additional properties 'worker' not allowed"),
        ("replicas=two", "at '/replicas': got string, want integer"),
        ("replicas=-1", "at '/replicas': minimum: got -1, want 0"),
        ("shards=0", "at '/shards': minimum: got 0, want 1"),
        ("settings.workers=5000", "at '/settings/workers': maximum: got 5,000, want 1,000"),
        ("settings.metricsPort=0", "at '/settings/metricsPort': minimum"),
        ("settings.probePort=0", "at '/settings/probePort': minimum"),
        ("settings.probePort=8080", "probePort and settings.metricsPort are both 8080, but have"),
        ("settings.metricsAuthentication=some", "must be one of 'kubernetes', 'none'"),
        ("metricsService.tlsSecret=The_one", "at '/metricsService/tlsSecret': 'The_one' does not"),
        ("settings.logLevel=loud", "value must be one of 'debug', 'info', 'warning'"),
        ("settings.leaderElection=perhaps", "at '/settings/leaderElection': got string"),
        ("settings.host=127.0.0.1", "neither the probes nor Prometheus would reach the pods"),
        ("settings.leaderElection=false", "replicas is 2 and shards is 1, but without settings"),
        ("settings.leaderElection=false,replicas=1,shards=2", "both have to be 1"),
        ("serviceAccount.create=false", "serviceAccount.name has to be the name of"),
        ("serviceAccount.name=The_operator", "at '/serviceAccount/name': 'The_operator' does not"),
        ("priorityClassName=High", "at '/priorityClassName': 'High' does not match pattern"),
        ("image.repository=a.example:5000/b:v1", "b:v1: its tag has to stand in image.tag"),
        ("image.digest=latest", "at '/image/digest': 'latest' does not match pattern"),
        ("image.pullPolicy=Sometimes", "at '/image/pullPolicy': value must be one of"),
        ("imagePullSecrets={registry}", "at '/imagePullSecrets/0': got string, want object"),
        ("watchNamespaces=blue", "at '/watchNamespaces': got string, want array"),
        ("watchNamespaces={Blue}", "at '/watchNamespaces/0': 'Blue' does not match pattern"),
        ("crds.keep=never", "at '/crds/keep': got string, want boolean"),
        ("podDisruptionBudget.maxUnavailable=0", "minimum: got 0, want 1"),
        ("podDisruptionBudget.maxUnavailable=some", "'some' does not match pattern"),
        ("serviceMonitor.interval=often", "at '/serviceMonitor/interval': 'often' does not match"),
        ("nodeSelector.disk=1", "at '/nodeSelector/disk': got number, want string"),
        ("settings=null", "at '': missing property 'settings'"),
        ("crds.keep=null", "at '/crds': missing property 'keep'"),
        ("resources.limits.memory=lots", "at '/resources/limits/memory': 'lots' does not match"),
        ("resources.memory=1Gi", "at '/resources': additional properties 'memory' not allowed"),
        ("extraEnv[0].value=x", "at '/extraEnv/0': missing property 'name'"),
    ],
)
def test_a_wrong_value_is_refused(sandbox: Sandbox, option: str, says: str) -> None:
    with pytest.raises(SandboxError) as refusal:
        rendered(sandbox, {}, f"--set={option}")

    assert says in str(refusal.value)


@pytest.mark.parametrize(("enabled", "replicas"), [(True, [1]), (False, [])])
def test_another_chart_may_have_it_as_a_part(
    sandbox: Sandbox, tmp_path: Path, enabled: bool, replicas: list[int]
) -> None:
    name = "senlin-operator"
    part = {"name": name, "version": "*", "condition": f"{name}.enabled"}
    chart = {"apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": [part]}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))
    shutil.copytree(CHART, tmp_path / "charts" / name)
    values = {"global": {"stage": "test"}, name: {"enabled": enabled, "replicas": 1}}

    arguments = ["template", "platform", str(tmp_path), "--values=-"]
    made = list(documents(sandbox.helm(*arguments, input=json.dumps(values))))

    assert [it["spec"]["replicas"] for it in made if it["kind"] == "Deployment"] == replicas
    assert bool(made) == enabled


def test_the_schema_knows_every_value_and_no_other() -> None:
    of_other_charts = {("global",), ("enabled",)}

    assert set(paths(VALUES, SCHEMA)) == set(schema_paths(SCHEMA)) - of_other_charts


def test_what_the_chart_cannot_do_without_is_required() -> None:
    """A key with nothing behind it takes the default away."""
    may_be_missing = {
        *("podSecurityContext", "securityContext", "resources"),
        *("topologySpreadConstraints", "nodeSelector"),
        "labels",  # of the dashboards
    }

    for schema, values in objects(SCHEMA, VALUES):
        filled = {name for name, value in values.items() if value not in ("", [], {})}
        assert set(schema.get("required", ())) == filled - may_be_missing


def test_every_value_is_described() -> None:
    described = {keys for keys, _ in generate.documented((CHART / "values.yaml").read_text())}

    assert described == set(paths(VALUES, SCHEMA))


def test_each_setting_of_the_operator_is_a_value() -> None:
    known = {field.name: field for field in dataclasses.fields(Settings)}
    schemas = SCHEMA["properties"]["settings"]["properties"]

    assert {snake(name) for name in VALUES["settings"]} == set(known) - ELSEWHERE
    assert VALUES["settings"]["leaderElection"] is True  # there are two pods by default
    for name, value in VALUES["settings"].items():
        field = known[snake(name)]
        choices = None if field.type is bool else field.metadata.get("choices")
        if name != "leaderElection":
            assert as_setting(value) == field.default
        assert schemas[name].get("maximum") == field.metadata.get("most")
        assert schemas[name].get("enum") == (list(choices) if choices else None)


def as_setting(value: Any) -> Any:
    """Return the value as the operator has it: nothing for an empty text, a tuple for a list."""
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, bool) else value or None


def test_as_many_shards_as_the_operator_knows() -> None:
    [field] = [field for field in dataclasses.fields(Settings) if field.name == "shards"]

    assert SCHEMA["properties"]["shards"]["maximum"] == field.metadata["most"]


def test_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((CHART.parents[2] / "pyproject.toml").read_text())["project"]

    assert chart["version"] == chart["appVersion"] == project["version"]


def test_what_is_generated_is_up_to_date(sandbox: Sandbox) -> None:
    files = generate.custom_resources() | generate.digests() | generate.readme()
    files |= generate.kustomization(sandbox.helm)

    stale = [str(path) for path, text in files.items() if not is_text(path, text)]

    assert stale == [], "run `make chart`"


@pytest.mark.parametrize(
    "folder", [CHART / "files" / "crds", generate.KUSTOMIZE / "base"], ids=["crds", "base"]
)
def test_nothing_is_left_of_what_was_generated_once(sandbox: Sandbox, folder: Path) -> None:
    files = generate.custom_resources() | generate.kustomization(sandbox.helm)

    assert set(folder.glob("*.yaml")) - {folder / "kustomization.yaml"} <= set(files)


def is_text(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def paths(values: Any, schema: Document, *keys: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of the values, down to where the schema has none of its own."""
    if "properties" not in schema or keys == ("resources",):
        yield keys
        return
    for name, value in values.items():
        yield from paths(value, schema["properties"].get(name, {}), *keys, name)


def objects(schema: Document, values: Document) -> Iterator[tuple[Document, Document]]:
    """Yield each part of the schema that names its properties, and its default."""
    yield schema, values
    for name, part in schema["properties"].items():
        if "properties" in part and name != "resources":
            yield from objects(part, values[name])


def schema_paths(schema: Document, *keys: str) -> Iterator[tuple[str, ...]]:
    if "properties" not in schema or keys == ("resources",):
        yield keys
        return
    for name, part in schema["properties"].items():
        yield from schema_paths(part, *keys, name)


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
