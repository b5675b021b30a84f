"""The commands of each runbook, where that has happened which the runbook is about."""

import re
import shlex
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.observe.published import alerts
from tests.observe.trouble import CLI, RUNBOOKS, Troubled, commands

# What stands for the words in capitals.
WORDS = {
    "SenlinOperatorResourcesStuck": {"KIND": "senlinpolicy", "NAME": "wrong", "REASON": "Rejected"},
    "SenlinOperatorCredentialRefused": {"NAME": "refused", "CLOUD": "openstack"},
    "SenlinClusterNotAvailable": {"NAME": "failing"},
    "SenlinResourceDegraded": {"KIND": "senlincluster", "NAME": "web"},
    "SenlinRecoveryHeld": {"KIND": "senlincluster", "NAME": "held"},
    "SenlinReconcilingForLong": {
        "KIND": "senlincluster",
        "NAME": "early",
        "REASON": "ReferenceMissing",
    },
    "SenlinDeletionInUse": {"KIND": "senlinprofile", "NAME": "web-server"},
    "SenlinOperationsFailed": {"NAME": "look"},
}
# Of each command: its exit code, and something that it prints.
PRINTS = {
    "SenlinOperatorDown": [(0, "deployment.apps/"), (0, "unchanged|serverside-applied")],
    "SenlinOperatorNoLeader": [(0, "yes")],
    "SenlinOperatorResourcesStuck": [
        (0, "Events:"),
        (0, "Senlin refuses.*senlin.policy.scaling-9.0"),
        (0, "annotated"),
    ],
    "SenlinOperatorCredentialRefused": [(0, "CredentialsRejected"), (1, "HTTP 401")],
    "SenlinOperatorSenlinErrors": [(0, r"code\W+500"), (0, "senlin-engine")],
    "SenlinOperatorInventoryStale": [
        (0, "the project cannot be polled.*"),
        (0, "target_id|CLUSTER_CREATE"),
        (0, "restarted"),
    ],
    "SenlinOperatorQueueBehind": [],
    "SenlinOperatorAttemptsFail": [(0, "Kubernetes refuses.*cannot patch"), (1, "^no$")],
    "SenlinClusterNotAvailable": [(0, r"failing +False +0 +1 .*(.|\n)*Events:"), (0, "annotated")],
    "SenlinResourceDegraded": [(0, r"web .*Degraded(.|\n)*Events:")],
    "SenlinRecoveryHeld": [(0, r"held .*RemediationHeld(.|\n)*Events:")],
    "SenlinReconcilingForLong": [(0, r"early .*ReferenceMissing(.|\n)*Events:")],
    "SenlinDeletionInUse": [
        (0, r"web-server .*InUse(.|\n)*Events:"),
        (0, "ACTIVE"),
        (0, "patched"),
    ],
    "SenlinOperationsFailed": [(0, r"look +True (.|\n)*Events:"), (0, "deleted")],
}


@pytest.fixture(
    scope="module", params=["json", pytest.param("console", marks=pytest.mark.thorough)]
)
def troubled(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    unserved: Shard,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Troubled]:
    """A namespace with every trouble, and the log of its operator in that format."""
    namespace, directory = a_namespace(sandbox, unserved), tmp_path_factory.mktemp("troubled")
    troubled = Troubled(sandbox, namespace, directory, request.param)
    try:
        troubled.begin()
        yield troubled
    finally:
        troubled.end()


@pytest.mark.parametrize("alert", [alert.name for alert in alerts()])
def test_each_command_of_a_runbook_shows_what_it_should(troubled: Troubled, alert: str) -> None:
    words = dict(WORDS.get(alert, {}))
    if alert == "SenlinOperatorCredentialRefused":
        words["HASH"] = troubled.refused_credential()

    done = [troubled.run(command, words) for command in commands(alert)]

    assert [code for code, _ in done] == [code for code, _ in PRINTS[alert]], done
    for (_, printed), (_, expected) in zip(done, PRINTS[alert], strict=True):
        assert re.search(expected, printed, re.MULTILINE), printed


def test_a_credential_that_works_is_told_from_a_refused_one(troubled: Troubled) -> None:
    [*_, login] = commands("SenlinOperatorCredentialRefused")

    code, printed = troubled.run(login, {"NAME": "openstack", "CLOUD": "openstack"})

    assert code == 0, printed
    assert "expires" in printed


def test_the_page_says_how_to_install_the_program_that_is_tested() -> None:
    [install] = re.findall(r"^pip install (.+)$", (RUNBOOKS / "README.md").read_text(), re.M)
    tested = CLI.with_suffix(".in").read_text().splitlines()

    assert sorted(shlex.split(install)) == [line for line in tested if not line.startswith("#")]
