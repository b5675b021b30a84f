"""What runs the commands of each page: for each of its blocks, in order, one entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.operator.tenant import Tenant
from tests.operator.test_import import handmade

Given: TypeAlias = Callable[[Tenant], dict[str, str]]


@dataclass(frozen=True)
class Run:
    """Run by `test_pages.py`, in a namespace that the operator serves.

    Attributes:
        instead: What is put in the place of text of the block: names that the reader fills in, and
            `:` for a command that has nothing to work on here.
        before: Commands that bring about what the page takes for granted.
        given: Brings about more of that; returns variables for these commands.
        files: The files that the page shows before the block, by its YAML blocks.
        alone: Run in a sandbox without an operator, as the block starts or installs one.
    """

    instead: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    given: Given | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    alone: bool = False


@dataclass(frozen=True)
class By:
    """Run by that test, which names the page."""

    test: str


@dataclass(frozen=True)
class Not:
    """Not run, for that reason."""

    why: str


Entry: TypeAlias = Run | By | Not


def a_server(tenant: Tenant) -> dict[str, str]:
    return {"SERVER": tenant.sandbox.nova.boot(f"{tenant.namespace}-legacy")["id"]}


def a_cluster_of_others(tenant: Tenant) -> dict[str, str]:
    name = f"theirs-{tenant.namespace}"
    handmade(tenant, name)
    return {"CLUSTER": name}


IN_PODS = By("tests/pages/pods/test_installed.py")
LEAVING = By("tests/chart/test_leaving.py")
UPGRADE = By("tests/chart/pods/test_upgrade.py")
DOCKER = Not("takes minutes and a registry; tests/pods/test_dockerfile.py builds the image")
QUICKSTART = "kubectl apply -k deploy/samples/quickstart\n"
READY = f"{QUICKSTART}kubectl wait --for=condition=Ready senlincluster/web --timeout=60s\n"
TEAM = "kubectl create namespace team-blue --dry-run=client -o yaml | kubectl apply -f -\n"
RELEASE = "senlin-operator deploy/helm/senlin-operator --namespace senlin-operator"
REVISIONS = f"""\
helm upgrade --install {RELEASE} --create-namespace --take-ownership --force-conflicts
helm upgrade {RELEASE}
helm upgrade {RELEASE}
"""
SANDBOX = {"-m sandbox env": "-m sandbox env --dir $SANDBOX"}
CREATED = {
    "kubectl create -f recover.yaml": "name=$(kubectl create -f recover.yaml -o name)",
    "senlinoperation/recover-web-x7k2p": "$name",
}
SAMPLES: dict[str, list[Entry]] = {
    "adoption/kustomization.yaml": [
        Run(
            given=a_server,
            before=f'{QUICKSTART}sed -i "s/0000.*0000 /$SERVER /" '
            "deploy/samples/adoption/server.yaml\n",
        )
    ],
    "autoscaling-alerts/kustomization.yaml": [Run()],
    "autoscaling-hpa/kustomization.yaml": [Run()],
    "healing/kustomization.yaml": [
        Run({"openstack server delete NAME": ":"}),
    ],
    "mirror/kustomization.yaml": [Run()],
    "nodes/kustomization.yaml": [Run()],
    "operations/kustomization.yaml": [Run(), Run()],
    "policies/kustomization.yaml": [Run(before=QUICKSTART)],
    "quickstart/kustomization.yaml": [Run()],
    "quickstart/secret.yaml": [Run()],
    "receiver/kustomization.yaml": [Run(before=QUICKSTART), Run(), Run()],
    "rolling/kustomization.yaml": [Run(before=QUICKSTART)],
    "scaling/kustomization.yaml": [Run({"openstack cluster expand queue": ":"})],
    "stacks/kustomization.yaml": [Not("needs Heat; tests/real/test_stacks.py has this sample")],
    "watching/kustomization.yaml": [
        Run(
            given=a_cluster_of_others,
            before=f'{QUICKSTART}sed -i "s/shared-database #/$CLUSTER #/" '
            "deploy/samples/watching/cluster.yaml\n",
        )
    ],
}
PAGES: dict[str, list[Entry]] = {
    "CONTRIBUTING.md": [
        By("tests/unit/docs/test_recipes.py"),
        Run(
            {
                **SANDBOX,
                "make sandbox ": ": ",
                "=.sandbox/": "=$SANDBOX/",
                "kubectl apply -f crds/": "kubectl apply --server-side -f crds/",
            },
            alone=True,
        ),
    ],
    "README.md": [
        Run(before=READY),
        DOCKER,
        IN_PODS,
        Run(before="kubectl delete senlincluster/web senlinprofile/web-server secret/openstack\n"),
        Run(),
        Run(),
        Run(
            {
                "python3 -m venv venv && venv/bin/pip install '.[operator]'": "ln -s .venv venv",
                "kubectl apply -f crds/": "kubectl apply --server-side -f crds/",
            },
            alone=True,
        ),
        Run(before=READY),
    ],
    "deploy/argocd/README.md": [By("tests/health/test_argocd.py")],
    "deploy/helm/senlin-operator/README.md": [
        Not("the command of README.md, without the registry: the nodes have the image"),
    ],
    "deploy/helm/senlin-operator/templates/NOTES.txt": [IN_PODS],
    "deploy/image/README.md": [DOCKER],
    "deploy/kube-state-metrics/README.md": [
        Not("needs the chart of others; tests/observe/test_objects.py has the values"),
    ],
    "docs/client.md": [Not("installs from PyPI; the client that the tests import is that one")],
    "docs/clusters.md": [Run(before=QUICKSTART, files={"shop.yaml": 0}), Run()],
    "docs/adoption.md": [Run(before=READY)],
    "docs/backup.md": [
        Not("needs Velero; tests/operator/test_restore.py restores as it does"),
        Run(before=READY),
    ],
    "docs/export.md": [By("tests/operator/test_export.py")],
    "docs/reasons/AdoptionPending.md": [Run(before=READY)],
    "docs/reasons/OwnedElsewhere.md": [Run(before=READY)],
    "docs/reasons/Paused.md": [Run(before=READY)],
    "docs/rolls.md": [Run(before=READY)],
    "docs/high-availability.md": [IN_PODS, IN_PODS],
    "docs/install.md": [
        DOCKER,
        IN_PODS,
        IN_PODS,
        Run(alone=True),
        Run(before=TEAM, alone=True),
        Run(alone=True),
        Run(alone=True),
        Run(),
    ],
    "docs/logs.md": [IN_PODS],
    "docs/metrics.md": [Run(alone=True)],
    "docs/operations.md": [Run(CREATED, before=READY, files={"recover.yaml": 0})],
    "docs/plugin.md": [
        Not("pip is not told to change this environment; tests/plugin runs the module"),
        *[By("tests/plugin/test_page.py")] * 7,
    ],
    "docs/receivers.md": [
        Run(
            {"secret grow": "secret web-grow-url"},
            before=f"{QUICKSTART}kubectl apply -k deploy/samples/receiver\n"
            "kubectl wait --for=condition=Ready senlinreceiver/grow --timeout=60s\n",
        )
    ],
    "docs/rights.md": [Run(before=TEAM, alone=True)],
    "docs/senlin-16.md": [Run(before=READY)],
    "docs/uninstall.md": [
        Run(before=REVISIONS, alone=True),
        LEAVING,
        LEAVING,
        UPGRADE,
        LEAVING,
        LEAVING,
        IN_PODS,
    ],
    "docs/upgrade.md": [UPGRADE, Run(alone=True), UPGRADE],
    "sandbox/README.md": [
        Run({**SANDBOX, "make sandbox ": ": ", "make sandbox-down": ":"}, alone=True)
    ],
}
TABLE = PAGES | {f"deploy/samples/{name}": entries for name, entries in SAMPLES.items()}
FOLDERS = {"docs/runbooks": Not("needs the alert's cause; tests/observe/alerts has the stories")}
