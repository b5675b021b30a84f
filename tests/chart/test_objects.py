"""What the chart makes, with the defaults and with other values; the API server accepts it all."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.chart.chart import CHART, RELEASE, Document, named, names, pods, rendered

EVERYTHING: Document = {
    name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboards")
}
OPEN: Document = {"settings": {"metricsAuthentication": "none"}}
HARDENED: Document = yaml.safe_load((CHART / "hardened-values.yaml").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def nothing(values: Document) -> Document:
    """Return a values file with a key for all that is empty, and nothing behind it."""
    inner = {name: nothing(value) for name, value in values.items() if isinstance(value, dict)}
    empty = {name: None for name, value in values.items() if value in ("", [], {})}
    return {name: value for name, value in inner.items() if value} | empty


AFFINITY: Document = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
ONLY_ROLES: Document = {
    **OPEN,
    "watchNamespaces": ["default", "kube-public", "default"],
    "crds": {"install": False},
    "rbac": {"aggregate": False, "identity": False},
}
CASES = [
    pytest.param({}, id="defaults"),
    pytest.param(ONLY_ROLES, id="some namespaces"),
    pytest.param({"shards": 3, "replicas": 1}, id="shards"),
    pytest.param({"replicas": 1, "settings": {"leaderElection": False}}, id="no Lease"),
    pytest.param({"crds": {"keep": False}}, id="custom resources go, too"),
    pytest.param({"rbac": {"create": False}, "uninstallGuard": False}, id="no roles, no guard"),
    pytest.param({"serviceAccount": {"create": False, "name": "default"}}, id="an account"),
    pytest.param({"serviceAccount": {"annotations": {"role": "a:b"}}}, id="annotated account"),
    pytest.param({"fullnameOverride": "clusters", "nameOverride": "senlin"}, id="other names"),
    pytest.param({"image": {"repository": "example.com:5000/a/b", "tag": "v1"}}, id="image"),
    pytest.param({"image": {"digest": f"sha256:{'0' * 64}"}}, id="image by its digest"),
    pytest.param({"imagePullSecrets": [{"name": "registry"}]}, id="private registry"),
    pytest.param({"commonLabels": {"a": "b"}, "commonAnnotations": {"c": "d"}}, id="all labelled"),
    pytest.param({"podLabels": {"a": "b"}, "podAnnotations": {"c": "d"}}, id="pods labelled"),
    pytest.param({"nodeSelector": {"disk": "ssd"}, "affinity": AFFINITY}, id="some nodes"),
    pytest.param({"tolerations": [{"operator": "Exists"}]}, id="all nodes"),
    pytest.param({"priorityClassName": "system-cluster-critical"}, id="priority"),
    pytest.param({"topologySpreadConstraints": []}, id="not spread"),
    pytest.param({"podDisruptionBudget": {"maxUnavailable": "50%"}}, id="budget in per cent"),
    pytest.param({"podDisruptionBudget": {"enabled": False}}, id="no budget"),
    pytest.param({"podSecurityContext": {"runAsUser": None, "runAsGroup": None}}, id="any user"),
    pytest.param({"resources": {"limits": {"memory": "1Gi"}, "requests": None}}, id="resources"),
    pytest.param(
        {
            "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
            "extraVolumes": [{"name": "more", "emptyDir": {}}],
            "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        },
        id="volumes",
    ),
    pytest.param({"settings": {"metricsPort": 9090, "inventoryInterval": 2.5}}, id="settings"),
    pytest.param(EVERYTHING, id="all that is optional"),
    pytest.param({**EVERYTHING, **OPEN}, id="open metrics"),
    pytest.param({**EVERYTHING, "metricsService": {"tlsSecret": "tls"}}, id="metrics by HTTPS"),
    pytest.param({**EVERYTHING, "watchNamespaces": ["default"]}, id="metrics of some namespaces"),
    pytest.param({"networkPolicy": {"enabled": False}}, id="no policy"),
    pytest.param(HARDENED, id="hardened"),
    pytest.param(nothing(VALUES), id="keys with nothing behind them"),
    pytest.param({"dashboards": {"enabled": True, "labels": None}}, id="labels of nothing"),
    pytest.param(
        {
            **EVERYTHING,
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "networkPolicy": {
                "enabled": True,
                "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
                "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}, {"to": []}],
            },
        },
        id="network, narrower",
    ),
]


@pytest.fixture
def restricted(sandbox: Sandbox, namespace: str) -> str:
    """A namespace that enforces pod security `restricted`."""
    label = "pod-security.kubernetes.io/enforce=restricted"
    sandbox.kubectl("label", "namespace", namespace, label)
    return namespace


@pytest.mark.parametrize("values", CASES)
def test_the_api_server_accepts_it(
    monitoring: Sandbox, restricted: str, values: dict[str, Any]
) -> None:
    objects = rendered(monitoring, values, namespace=restricted)
    accounts = [it for it in objects if it["kind"] == "ServiceAccount"]  # no pod without its own
    monitoring.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(accounts))

    accepted = monitoring.kubectl(
        "apply",
        "--server-side",
        "--force-conflicts",  # with what is there already
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "-",
        input=yaml.safe_dump_all(objects),
    )

    assert accepted.count("serverside-applied (server dry run)") == len(objects)


def test_defaults_make_what_is_needed_and_no_more(sandbox: Sandbox) -> None:
    objects = rendered(sandbox, {}, "--no-hooks")

    assert sorted(it["kind"] for it in objects if it["kind"] != "CustomResourceDefinition") == [
        *["ClusterRole"] * 7,  # operator, view, edit, its reviews and identity, readers, guard
        *["ClusterRoleBinding"] * 4,
        *("Deployment", "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding", "Service"),
        *["ServiceAccount"] * 2,
    ]


def test_the_pods_fit_pod_security_restricted(sandbox: Sandbox, restricted: str) -> None:
    made = dict(created_pods(sandbox, restricted, {}))

    assert len(made) == 3
    assert all("created (server dry run)" in answer for answer in made.values())


def test_pod_security_is_enforced_where_that_is_tried(sandbox: Sandbox, restricted: str) -> None:
    with pytest.raises(SandboxError, match='violates PodSecurity "restricted'):
        dict(created_pods(sandbox, restricted, {"securityContext": None}))


def created_pods(sandbox: Sandbox, namespace: str, values: Document) -> Iterator[tuple[str, str]]:
    """Have the pods of a release made by a dry run; yield what each is from, and the answer."""
    for where, pod in pods(rendered(sandbox, values, namespace=namespace)).items():
        spec = {**pod["spec"], "serviceAccountName": "default"}  # the release's is not there
        spec.setdefault("restartPolicy", "Always")
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "tried", "namespace": namespace},
            "spec": spec,
        }
        yield (
            where,
            sandbox.kubectl("create", "--dry-run=server", "-f", "-", input=yaml.safe_dump(body)),
        )


def test_the_operator_is_set_up_to_be_left_alone(sandbox: Sandbox) -> None:
    deployment = named(rendered(sandbox, {}), "Deployment")["spec"]
    pod = deployment["template"]["spec"]
    [container] = pod["containers"]
    probes = {name: it["httpGet"]["path"] for name, it in container.items() if "Probe" in name}

    assert deployment["replicas"] == 2
    assert probes == {
        "startupProbe": "/readyz",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert container["resources"].keys() == {"requests", "limits"}
    assert {it["topologyKey"]: it["labelSelector"] for it in pod["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname": deployment["selector"],
        "topology.kubernetes.io/zone": deployment["selector"],
    }


def test_no_pod_writes_to_its_image_and_each_has_the_priority(sandbox: Sandbox) -> None:
    made = pods(rendered(sandbox, {"priorityClassName": "important"})).values()
    containers = [container for pod in made for container in pod["spec"]["containers"]]

    assert {it["securityContext"]["readOnlyRootFilesystem"] for it in containers} == {True}
    assert {pod["spec"]["priorityClassName"] for pod in made} == {"important"}


def test_with_a_list_of_namespaces_nothing_is_cluster_wide(sandbox: Sandbox) -> None:
    objects = rendered(sandbox, ONLY_ROLES, namespace="ours")

    assert {it["metadata"].get("namespace") for it in objects} == {"ours", "default", "kube-public"}
    assert {
        it["metadata"]["namespace"]
        for it in objects
        if it["kind"] == "RoleBinding" and it["metadata"]["name"] == RELEASE
    } == {"default", "kube-public"}
    assert environment(named(objects, "Deployment"))["SENLIN_OPERATOR_NAMESPACES"] == (
        "default,kube-public"
    )


def test_names_that_yaml_takes_for_something_else_stay_names(sandbox: Sandbox) -> None:
    values = {
        "fullnameOverride": "on",
        "nameOverride": "no",
        "serviceAccount": {"name": "1e3"},
        "watchNamespaces": ["0x1f", "y"],
        "priorityClassName": "null",
        **EVERYTHING,
    }

    objects = rendered(sandbox, values, namespace="off")

    texts = [text for it in objects for text in values_of(it, {"name", "namespace", "image"})]
    assert len(texts) > 50
    assert [text for text in texts if not isinstance(text, str)] == []


def values_of(document: Any, keys: set[str]) -> Iterator[Any]:
    """Yield what stands at these keys, at any depth; of a schema they are names of fields."""
    if isinstance(document, dict) and "openAPIV3Schema" not in document:
        yield from (value for key, value in document.items() if key in keys)
        for value in document.values():
            yield from values_of(value, keys)
    elif isinstance(document, list):
        for value in document:
            yield from values_of(value, keys)


def test_no_rule_has_a_wildcard(sandbox: Sandbox) -> None:
    rules = [rule for it in rendered(sandbox, {}) for rule in it.get("rules", ())]

    assert len(rules) > 5
    assert not [rule for rule in rules if "*" in str(rule)]


def test_each_shard_has_pods_a_budget_and_a_number(sandbox: Sandbox) -> None:
    objects = rendered(sandbox, {"shards": 2})

    shards = [f"{RELEASE}-0", f"{RELEASE}-1"]
    assert names(objects, "Deployment") == names(objects, "PodDisruptionBudget") == shards
    for number, name in enumerate(shards):
        deployment, budget = (
            named(objects, "Deployment", name),
            named(objects, "PodDisruptionBudget", name),
        )
        variables = environment(deployment)
        assert variables["SENLIN_OPERATOR_SHARDS"] == "2"
        assert variables["SENLIN_OPERATOR_SHARD"] == str(number)
        assert variables["SENLIN_OPERATOR_LEASE_NAME"] == RELEASE
        assert deployment["spec"]["selector"] == budget["spec"]["selector"]
        assert deployment["spec"]["selector"]["matchLabels"]["senlin.openstack.org/shard"] == str(
            number
        )


def test_all_pods_are_labelled_and_annotated_alike(sandbox: Sandbox) -> None:
    """A mesh, say, is told by them to leave pods alone; a Job with its sidecar never ends."""
    mesh = {"sidecar.istio.io/inject": "false"}
    values = {"podLabels": mesh, "podAnnotations": mesh, "commonLabels": {"a": "b"}}

    made = pods(rendered(sandbox, values))

    assert len(made) == 3
    for pod in made.values():
        assert pod["metadata"]["labels"].items() >= {**mesh, "a": "b"}.items()
        assert pod["metadata"]["annotations"].items() >= mesh.items()


def test_a_second_apply_changes_nothing(sandbox: Sandbox, namespace: str) -> None:
    """Kubernetes drops an empty value, and kubectl would put it back each time."""
    deployment = named(rendered(sandbox, {}, namespace=namespace), "Deployment")
    sandbox.kubectl("apply", "--filename=-", input=yaml.safe_dump(deployment))

    again = sandbox.kubectl("apply", "--filename=-", input=yaml.safe_dump(deployment))

    assert again.strip() == f"deployment.apps/{RELEASE} unchanged"


def test_the_scrape_timeout_follows_the_interval(sandbox: Sandbox) -> None:
    """Prometheus Operator leaves out, without a word to its user, what has a timeout above it."""
    values = {"serviceMonitor": {"enabled": True, "interval": "5s"}}

    [endpoint] = named(rendered(sandbox, values), "ServiceMonitor")["spec"]["endpoints"]

    assert endpoint["interval"] == "5s"
    assert "scrapeTimeout" not in endpoint


def test_the_pods_of_hooks_are_not_taken_for_the_operators(sandbox: Sandbox) -> None:
    objects = rendered(sandbox, {})
    selectors = [
        named(objects, "Service", f"{RELEASE}-metrics")["spec"]["selector"],
        named(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        named(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    ]

    chosen = {
        where
        for where, pod in pods(objects).items()
        for selector in selectors
        if selector.items() <= pod["metadata"]["labels"].items()
    }

    assert chosen == {f"Deployment {RELEASE}"}


def test_without_a_lease_the_old_pod_goes_first(sandbox: Sandbox) -> None:
    objects = rendered(sandbox, {"replicas": 1, "settings": {"leaderElection": False}})

    assert named(objects, "Deployment")["spec"]["strategy"] == {"type": "Recreate"}
    assert f"{RELEASE}-leases" not in names(objects, "Role")
    assert pods(objects)[f"Pod {RELEASE}-test"]["spec"]["containers"][0]["env"][-1] == {
        "name": "LEASES",
        "value": "",
    }


def test_kept_custom_resources_say_so(sandbox: Sandbox) -> None:
    def policies(keep: bool) -> set[str | None]:
        return {
            it["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
            for it in rendered(sandbox, {"crds": {"keep": keep}})
            if it["kind"] == "CustomResourceDefinition"
        }

    assert policies(keep=True) == {"keep"}
    assert policies(keep=False) == {None}


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        pytest.param({}, "senlin-operator:0.1.0", id="defaults"),
        pytest.param({"repository": "a.example/b", "tag": "v2"}, "a.example/b:v2", id="tag"),
        pytest.param(
            {"tag": "v2", "digest": f"sha256:{'a' * 64}"},
            f"senlin-operator@sha256:{'a' * 64}",
            id="digest",
        ),
    ],
)
def test_the_image_is_the_same_everywhere(sandbox: Sandbox, image: Document, pulled: str) -> None:
    found = pods(rendered(sandbox, {"image": image})).values()

    assert {pod["spec"]["containers"][0]["image"] for pod in found} == {pulled}


def test_the_notes_show_the_next_step(sandbox: Sandbox) -> None:
    notes = sandbox.helm("install", RELEASE, str(CHART), "--dry-run=client", "--namespace=ours")

    assert "kubectl -n ours rollout status deployment" in notes
    assert "create secret generic openstack --from-file=clouds.yaml=" in notes


def environment(deployment: Document) -> dict[str, str]:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}
