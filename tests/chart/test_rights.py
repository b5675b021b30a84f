"""Who may do what once the chart is installed: the operator, and users of the built-in roles."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.errors import SandboxError
from sandbox.settings import LOOPBACK, free_port
from tests.chart.chart import CHART, RELEASE, Document, named, rendered
from tests.operator.process import PROGRAM, Operator
from tests.operator.rights import token_of
from tests.operator.tenant import TenantWithOperator, ticks
from tests.operator.test_cluster_template import template

OURS, CORE, LEASES = "senlin.openstack.org", "", "coordination.k8s.io"
KINDS = [crd.stem for crd in sorted((CHART.parents[2] / "crds").glob("*.yaml"))]
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
Right = tuple[str, str, str]  # verb, API group, resource with its subresource

NEEDED: list[Right] = [
    *((verb, OURS, kind) for verb in ("list", "watch", "patch") for kind in KINDS),
    *(("patch", OURS, f"{kind}/status") for kind in KINDS),
    # What a SenlinCluster owns: its inline profile, and the mirror of its nodes.
    *(
        (verb, OURS, kind)
        for verb in ("create", "delete")
        for kind in ("senlinnodes", "senlinprofiles")
    ),
    ("update", OURS, "senlinclusters/finalizers"),
    ("delete", OURS, "senlinoperations"),  # whose time to live is over
    *((verb, CORE, "secrets") for verb in ("get", "list", "watch", "patch")),
    ("create", CORE, "secrets"),  # with the URL of a SenlinReceiver
    *((verb, CORE, "events") for verb in ("create", "patch")),
]
# No request bears these verbs: a patch that makes an object needs the right to create it, and where
# OwnerReferencesPermissionEnforcement is on, one that sets an owner needs the other.
CHECKED_BESIDE: set[Right] = {
    ("create", OURS, "senlinnodes"),
    ("create", OURS, "senlinprofiles"),
    ("update", OURS, "senlinclusters/finalizers"),
}
NEEDED_AT_HOME: list[Right] = [
    (verb, LEASES, "leases") for verb in ("get", "list", "create", "update")
]
REVIEWED: list[Right] = [  # to have Kubernetes say who may read the metrics
    ("create", "authentication.k8s.io", "tokenreviews"),
    ("create", "authorization.k8s.io", "subjectaccessreviews"),
]
IDENTITY: Right = ("get", CORE, "namespaces")  # of kube-system alone
NOT_NEEDED: list[Right] = [
    *((verb, CORE, "secrets") for verb in ("update", "delete", "deletecollection")),
    *((verb, OURS, "senlinclusters") for verb in ("create", "update", "delete")),
    *(
        (verb, OURS, kind)
        for verb in ("create", "delete")
        for kind in ("senlinpolicies", "senlinreceivers")
    ),
    *((verb, OURS, kind) for verb in ("deletecollection", "update") for kind in KINDS),
    ("update", OURS, "senlinclusters/status"),
    ("update", OURS, "senlinclusters/scale"),
    *((verb, CORE, "configmaps") for verb in ("get", "list", "create")),
    *((verb, CORE, "pods") for verb in ("get", "list", "create", "delete")),
    ("create", CORE, "pods/exec"),
    ("create", CORE, "serviceaccounts/token"),
    ("get", CORE, "serviceaccounts"),
    ("list", "apps", "deployments"),
    *((verb, CORE, "events") for verb in ("get", "list", "delete")),
    *((verb, LEASES, "leases") for verb in ("watch", "patch", "delete")),
    ("create", "rbac.authorization.k8s.io", "rolebindings"),
    ("bind", "rbac.authorization.k8s.io", "roles"),
]
GUARDED: list[Right] = [("list", OURS, kind) for kind in KINDS]  # all that the uninstall guard may
NOT_NEEDED_ANYWHERE: list[Right] = [
    ("list", CORE, "namespaces"),
    ("list", CORE, "nodes"),
    ("list", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("impersonate", CORE, "users"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
]
READ: list[Right] = [
    *((verb, OURS, kind) for verb in ("get", "list", "watch") for kind in KINDS),
    *(("get", OURS, f"{kind}/status") for kind in KINDS),
    ("get", OURS, "senlinclusters/scale"),
]
WRITE: list[Right] = [
    *(
        (verb, OURS, kind)
        for verb in ("create", "update", "patch", "delete", "deletecollection")
        for kind in KINDS
    ),
    *((verb, OURS, "senlinclusters/scale") for verb in ("update", "patch")),
]
STATUS: list[Right] = [
    *((verb, OURS, f"{kind}/status") for verb in ("update", "patch") for kind in KINDS),
    ("update", OURS, "senlinclusters/finalizers"),
]


@dataclass(frozen=True)
class Release:
    """The chart, installed in a namespace under that namespace's name."""

    sandbox: Sandbox
    namespace: str

    def install(self, *options: str, **values: object) -> None:
        self.helm("install", *options, **values)

    def helm(self, command: str, *options: str, **values: object) -> str:
        given = {"fullnameOverride": self.namespace, "crds": {"install": False}, **values}
        chart = [command, RELEASE, str(CHART), f"--namespace={self.namespace}", "--values=-"]
        return self.sandbox.helm(*chart, *options, input=json.dumps(given))

    def uninstall(self) -> None:
        """Without its hook: that is a pod, and this sandbox runs none."""
        arguments = [RELEASE, f"--namespace={self.namespace}", "--ignore-not-found", "--no-hooks"]
        self.sandbox.helm("uninstall", *arguments)

    @property
    def account(self) -> Document:
        """Return what the API server knows the operator by."""
        return self.account_of("")

    def account_of(self, part: str) -> Document:
        """Return what the API server knows another account of the release by."""
        name = f"system:serviceaccount:{self.namespace}:{self.namespace}{part}"
        return {"user": name, "groups": ["system:serviceaccounts", "system:authenticated"]}

    def denied(
        self, who: Document, rights: list[Right], namespace: str = "", name: str = ""
    ) -> list[Right]:
        """Return those of the rights that somebody does not have; by default, in all namespaces."""
        return [right for right in rights if not self._may(who, right, namespace, name)]

    def _may(self, who: Document, right: Right, namespace: str, name: str) -> bool:
        verb, group, resource = right
        kind, _, part = resource.partition("/")
        asked = {"verb": verb, "group": group, "resource": kind, "subresource": part, "name": name}
        spec = {**who, "resourceAttributes": {**asked, "namespace": namespace}}
        answer = self.sandbox.kubernetes.call("POST", REVIEWS, {"spec": spec})
        return bool(answer["status"]["allowed"])


@pytest.fixture
def release(sandbox: Sandbox, namespace: str) -> Iterator[Release]:
    """A release that a test installs as it needs it."""
    release = Release(sandbox, namespace)
    yield release
    release.uninstall()


def test_the_operator_of_all_namespaces(release: Release) -> None:
    release.install()
    who, home = release.account, release.namespace

    assert release.denied(who, [*NEEDED, *REVIEWED]) == []
    assert release.denied(who, NEEDED_AT_HOME, home) == []
    assert release.denied(who, NEEDED_AT_HOME) == NEEDED_AT_HOME
    assert release.denied(who, NOT_NEEDED, home) == NOT_NEEDED
    assert release.denied(who, NOT_NEEDED_ANYWHERE) == NOT_NEEDED_ANYWHERE


def test_the_operator_without_receivers(release: Release) -> None:
    """It has no right on them, nor the one that they alone take."""
    release.install(settings={"receivers": False})
    of_receivers = [
        right
        for right in NEEDED
        if right[2].startswith("senlinreceivers") or right == ("create", CORE, "secrets")
    ]

    assert release.denied(release.account, NEEDED) == of_receivers
    assert len(of_receivers) == 5


def test_the_operator_of_some_namespaces(release: Release) -> None:
    release.install(watchNamespaces=["default"])
    who = release.account

    assert release.denied(who, REVIEWED) == []
    assert release.denied(who, NEEDED, "default") == []
    assert release.denied(who, NEEDED, release.namespace) == NEEDED
    assert release.denied(who, NEEDED) == NEEDED
    assert release.denied(who, NEEDED_AT_HOME, release.namespace) == []
    assert release.denied(who, NEEDED_AT_HOME, "default") == NEEDED_AT_HOME
    assert release.denied(who, NOT_NEEDED_ANYWHERE) == NOT_NEEDED_ANYWHERE


@pytest.mark.parametrize("namespaces", [[], ["default"]], ids=["all namespaces", "one"])
def test_the_uninstall_guard_lists_and_does_nothing_else(
    release: Release, namespaces: list[str]
) -> None:
    release.install(watchNamespaces=namespaces)
    who = release.account_of("-uninstall")
    others = sorted({*NEEDED, *NEEDED_AT_HOME, *REVIEWED, *NOT_NEEDED} - {*GUARDED})

    assert release.denied(who, GUARDED, "default") == []
    assert release.denied(who, GUARDED) == (GUARDED if namespaces else [])
    assert release.denied(who, others, "default") == others


@pytest.mark.parametrize("identity", [True, False])
def test_one_namespace_may_be_read(release: Release, identity: bool) -> None:
    release.install(watchNamespaces=["default"], rbac={"identity": identity})
    who, others = release.account, ("", "default", release.namespace)

    assert release.denied(who, [IDENTITY], "kube-system", "kube-system") == (
        [] if identity else [IDENTITY]
    )
    assert all(release.denied(who, [IDENTITY], name, name) for name in others)


def test_without_authentication_nothing_is_reviewed(release: Release) -> None:
    release.install(settings={"metricsAuthentication": "none"})

    assert release.denied(release.account, REVIEWED) == REVIEWED
    assert release.denied(release.account, NEEDED) == []


def test_an_admin_of_a_namespace_installs_the_rest_when_the_roles_are_there(
    release: Release,
) -> None:
    sandbox, namespace = release.sandbox, release.namespace
    user = member(sandbox, namespace, "admin")["user"]
    as_user = f"--kubeconfig={sandbox.user_kubeconfig(user)}"
    values: Document = {
        "watchNamespaces": [namespace],
        "settings": {"metricsAuthentication": "none"},
    }
    with pytest.raises(SandboxError, match="attempting to grant RBAC permissions"):
        release.install(as_user, **values, rbac={"aggregate": False, "identity": False})
    release.uninstall()

    roles = release.helm("template", "--show-only=templates/rbac.yaml", **values)
    sandbox.kubectl("apply", "--server-side", "--filename=-", input=roles)
    none = {"create": False, "aggregate": False, "identity": False}
    release.install(as_user, **values, rbac=none)

    assert release.denied(release.account, [*NEEDED, *NEEDED_AT_HOME], namespace) == []


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("view", READ, [*WRITE, *STATUS]),
        ("edit", [*READ, *WRITE], STATUS),
        ("admin", [*READ, *WRITE], STATUS),
    ],
)
def test_users_of_the_built_in_roles(
    release: Release, role: str, may: list[Right], may_not: list[Right]
) -> None:
    release.install()
    user = member(release.sandbox, release.namespace, role)

    for _ in ticks(20):  # a controller carries the rules over
        if not release.denied(user, may, release.namespace):
            break

    assert release.denied(user, may, release.namespace) == []
    assert release.denied(user, may_not, release.namespace) == may_not
    assert release.denied(user, may, "default") == may


def test_a_user_with_the_role_edit_runs_the_quickstart(
    release: Release, idle_tenant: TenantWithOperator
) -> None:
    """The operator has the rights that the chart gives it in one namespace, and no more."""
    sandbox, namespace, tenant = release.sandbox, release.namespace, idle_tenant
    release.install(watchNamespaces=[namespace])
    account = sandbox.service_account_kubeconfig(namespace, namespace)
    user = member(sandbox, namespace, "edit")["user"]
    as_user = f"--kubeconfig={sandbox.user_kubeconfig(user)}"
    tenant.operator = Operator(account, namespace, tenant.operator.log, PROGRAM)
    documents = [tenant.secret(), tenant.profile(), tenant.cluster()]

    tenant.operator.start()
    tenant.kubectl("apply", as_user, "-f", "-", input=yaml.safe_dump_all(documents))
    tenant.ready()
    tenant.kubectl("scale", as_user, "senlincluster/web", "--replicas=2")
    tenant.ready()
    tenant.kubectl(
        "delete", as_user, "--wait=false", "senlincluster/web", "senlinprofile/web-server"
    )
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")

    assert refusals(sandbox, release.account["user"]) == []


def test_the_roles_grant_what_is_needed_and_no_more(sandbox: Sandbox) -> None:
    roles = [
        named(rendered(sandbox, {}), kind, name)
        for kind, name in (
            ("ClusterRole", RELEASE),
            ("ClusterRole", f"{RELEASE}-metrics-auth"),
            ("ClusterRole", f"{RELEASE}-identity"),
            ("Role", f"{RELEASE}-leases"),
        )
    ]

    granted = {
        (verb, group, resource)
        for role in roles
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert granted == {*NEEDED, *NEEDED_AT_HOME, *REVIEWED, IDENTITY}


def test_each_right_of_the_operator_is_used(
    release: Release, idle_tenant: TenantWithOperator
) -> None:
    """By a cluster that makes its profile itself and shows its members, by what it needs, and by
    its receiver and an operation, and by a reader of its metrics.
    """
    sandbox, namespace, tenant = release.sandbox, release.namespace, idle_tenant
    release.install(watchNamespaces=[namespace])
    account = sandbox.service_account_kubeconfig(namespace, namespace)
    tenant.operator = Operator(account, namespace, tenant.operator.log, PROGRAM)
    port = free_port()
    tenant.operator.start(
        *("--leader-election", "true", "--lease-namespace", namespace),
        *("--host", LOOPBACK, "--metrics-port", str(port)),
        *("--metrics-authentication", "kubernetes"),
    )
    cluster = tenant.cluster(
        profile=template(tenant), members="Mirror", policies=[{"policyRef": {"name": "grow"}}]
    )
    del cluster["spec"]["resource"]["profileRef"]
    tenant.apply(tenant.secret(), tenant.policy(), tenant.profile(), tenant.node(), cluster)
    tenant.apply(tenant.receiver())
    tenant.ready()
    tenant.ready("SenlinReceiver", "grow")
    tenant.ready("SenlinNode", "web-1")

    cluster["spec"]["resource"] |= {
        "desiredCapacity": 1,
        "profile": template(tenant, flavor="m1.small"),
    }
    tenant.apply(cluster)
    tenant.ready()
    tenant.eventually(lambda: len(tenant.all_of("SenlinNode")) == 2, "those that left not shown")
    tenant.eventually(lambda: len(tenant.all_of("SenlinProfile")) == 2, "the old profile removed")
    tenant.apply(tenant.operation("look", {"check": {}}, ttlSecondsAfterFinished=0))
    tenant.gone("SenlinOperation", "look")
    for size in (2, 1, 2):  # the same again, so that an event is counted up
        tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
        tenant.ready()
    headers = {"Authorization": f"Bearer {token_of(sandbox, namespace, 'default')}"}
    refused = fetch("GET", f"http://{LOOPBACK}:{port}/metrics", headers=headers)
    assert refused.text == f"system:serviceaccount:{namespace}:default may not get /metrics\n"
    assert tenant.operator.stop() == 0, tenant.tail()

    needed = {*NEEDED, *NEEDED_AT_HOME, *REVIEWED, IDENTITY}
    assert requests(sandbox, release.account["user"]) == needed - CHECKED_BESIDE


def requests(sandbox: Sandbox, user: str) -> set[Right]:
    """Return what somebody has asked of the API server, as rights."""
    rights = set()
    for entry in sandbox.audit(user=user):
        if what := entry.get("objectRef"):
            parts = filter(None, (what["resource"], what.get("subresource")))
            rights.add((entry["verb"], what.get("apiGroup", ""), "/".join(parts)))
    return rights


def member(sandbox: Sandbox, namespace: str, role: str) -> Document:
    """Give a user one of the built-in roles in the namespace."""
    user = f"{role}-of-{namespace}"
    subject = [f"--clusterrole={role}", f"--user={user}", f"--namespace={namespace}"]
    sandbox.kubectl("create", "rolebinding", user, *subject)
    return {"user": user, "groups": ["system:authenticated"]}


def refusals(sandbox: Sandbox, user: str) -> list[str]:
    """Return what the API server has forbidden somebody."""
    entries = sandbox.audit(user=user)
    assert entries
    return [it["requestURI"] for it in entries if it["responseStatus"]["code"] == 403]
