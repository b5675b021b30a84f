"""docs/plugin.md shows what the commands print."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.operator.tenant import Tenant
from tests.operator.test_cluster_policies import listed, policy
from tests.plugin.conftest import Run
from tests.unit.docs.sources import ROOT

PAGE = (ROOT / "docs" / "plugin.md").read_text()
SHOWN = re.findall(r"^```console\n\$ kubectl senlin (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
[NO_OPERATOR] = re.findall(r"^Operator\n  .*\n +→.*\n", PAGE, re.MULTILINE)
# What differs from run to run.
VARYING = (
    (r"\b[a-z]\w+(?:-[0-9a-f]{10})?-\w{8}(?=  )", "NODE"),
    (r"\d+[smh] ago, took \d+[smh]", "AGE"),
    (r"https://\S+ is Kubernetes v\S+", "KUBERNETES"),
    (r"(?<=namespace )[\w-]+", "NAMESPACE"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    # Other tests have the same project, and install the chart in the same Kubernetes.
    (r"(?m)^Operator\n(  error +Deployment .*\n +→.*\n)+", NO_OPERATOR),
    (r" +warning +(\w+ \S+ was made for|Action \S+ \().*\n +→.*\n", ""),
    (r" +ok +(No action is stuck|Each object with).*\n", ""),
)


def normal(text: str) -> str:
    for pattern, replacement in VARYING:
        text = re.sub(pattern, replacement, text)
    return text


def test_the_page_shows_what_the_commands_print(
    tenant: Tenant,
    senlin: Callable[[Tenant], Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    tenant.apply(policy("deletion"))
    tenant.quickstart(policies=listed("deletion"))
    larger = tenant.profile("larger", flavor="m1.small")
    cluster = tenant.cluster(desiredCapacity=5, profileRef={"name": "larger"})
    Path("web.yaml").write_text(yaml.safe_dump_all([larger, cluster]))
    run = senlin(tenant)

    assert [command.split()[0] for command, _ in SHOWN] == [
        *("tree", "doctor", "plan", "plan", "pause", "resume", "reconcile")
    ]
    printed = [normal(run(*command.split()).out) for command, _ in SHOWN]

    assert printed == [normal(expected) for _, expected in SHOWN]
