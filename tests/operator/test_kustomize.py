"""An overlay of Kustomize with a prefix, a suffix, and Secrets whose names have a hash."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.crds.definitions import ROOT, references
from tests.operator.applying import hold_unchanged
from tests.operator.keystone import Person
from tests.operator.tenant import PLURALS, Document, Tenant

COMPONENT = ROOT / "deploy" / "kustomize" / "components" / "references"
KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
CHANNEL = "spec/channelSecretRef/name"  # the Secret that the operator makes is in no kustomization
NAMES = {
    "SenlinProfile": ["web-server"],
    "SenlinPolicy": ["grow"],
    "SenlinCluster": ["web", "shop"],
    "SenlinNode": ["member"],
    "SenlinReceiver": ["grow"],
}


def test_an_overlay_is_ready_and_outlives_its_secrets(tenant: Tenant, tmp_path: Path) -> None:
    lay_out(tenant, tmp_path)
    put_credentials(tmp_path, tenant.sandbox.clouds("blue-1"))
    first = built(tenant, tmp_path)
    assert_names_meet(list(yaml.safe_load_all(first)))
    tenant.kubectl("apply", "-f", "-", input=first)
    are_ready(tenant)
    for name in ("check", "password"):
        assert tenant.ends(renamed(name))["status"]["completionTime"]
    assert tenant.url(renamed("url"))
    hold_unchanged(tenant.kubectl, without_secrets(first))

    person = Person(tenant.sandbox, tenant.namespace)
    put_credentials(tmp_path, tenant.sandbox.clouds("blue-1"), person)
    second = built(tenant, tmp_path)
    old, new = secret_of(first), secret_of(second)
    assert old != new
    tenant.kubectl("apply", "-f", "-", input=second)
    tenant.delete(f"secret/{old}")  # as a tool that prunes
    tenant.kubectl("scale", f"senlincluster/{renamed('web')}", "--replicas=3")

    are_ready(tenant)
    tenant.eventually(lambda: tenant.channel(old) is None, "rid of the old Secret")
    tenant.eventually(lambda: secrets_in_use(tenant) == {new}, "all with the new Secret")
    cluster = tenant.get("SenlinCluster", renamed("web"))
    assert cluster
    path = f"/v1/clusters/{cluster['status']['id']}/actions"
    *_, resize = tenant.sandbox.senlin.requests("senlin-operator", "POST", path)
    assert resize.user == person.name


def lay_out(tenant: Tenant, directory: Path) -> None:
    """Write a base, and an overlay of it without the credentials."""
    password = {"name": "admin_pass", "secretKeyRef": {"name": "password", "key": "new"}}
    change = {"perform": {"name": "change_password", "secretParams": [password]}}
    inline = tenant.profile()["spec"]["resource"]
    base = [
        tenant.profile(),
        tenant.policy(),
        tenant.cluster(policies=[{"policyRef": {"name": "grow"}}]),
        tenant.node("member", clusterRef={"name": "web"}),
        tenant.receiver()
        | {"spec": tenant.receiver()["spec"] | {"channelSecretRef": {"name": "url"}}},
        tenant.operation("check", {"check": {}}),
        tenant.operation("password", change, nodeRef={"name": "member"}),
    ]
    shop = tenant.cluster("shop", profile=inline, members="Mirror", desiredCapacity=1)
    del shop["spec"]["resource"]["profileRef"]
    base[0]["spec"]["resource"]["metadata"]["serves"] = "$(SERVED)"
    write(directory / "base" / "objects.yaml", *base, shop, autoscaler())
    write(
        directory / "base" / "kustomization.yaml", {**KUSTOMIZATION, "resources": ["objects.yaml"]}
    )
    overlay = {
        **KUSTOMIZATION,
        "resources": ["../base"],
        "components": [os.path.relpath(COMPONENT, directory / "overlay")],
        "namePrefix": "blue-",
        "nameSuffix": "-eu",
        "replicas": [{"name": "web", "count": 2}],
        "secretGenerator": [
            {"name": "openstack", "files": ["clouds.yaml"]},
            {"name": "password", "literals": ["new=n0t-a-s3cret"]},
        ],
        "vars": [
            {
                "name": "SERVED",
                "objref": {k: shop[k] for k in ("apiVersion", "kind")} | {"name": "web"},
            }
        ],
    }
    write(directory / "overlay" / "kustomization.yaml", overlay)


def put_credentials(directory: Path, clouds: Document, person: Person | None = None) -> None:
    if person:
        clouds["clouds"]["openstack"]["auth"] = person.auth
    write(directory / "overlay" / "clouds.yaml", clouds)


def autoscaler() -> Document:
    target = {"apiVersion": "senlin.openstack.org/v1alpha1", "kind": "SenlinCluster", "name": "web"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5},
    }


def write(path: Path, *documents: Document) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump_all(documents))


def built(tenant: Tenant, directory: Path) -> str:
    return tenant.kubectl("kustomize", str(directory / "overlay"))


def without_secrets(manifests: str) -> str:
    """Leave out Secrets: Kustomize breaks their lines, which is a change to kubectl each time."""
    documents = yaml.safe_load_all(manifests)
    return yaml.safe_dump_all(it for it in documents if it["kind"] != "Secret")


def renamed(name: str) -> str:
    return f"blue-{name}-eu"


def secret_of(manifests: str) -> str:
    """Return the name of the Secret with the credentials."""
    documents = yaml.safe_load_all(manifests)
    [name] = [it["metadata"]["name"] for it in documents if "clouds.yaml" in it.get("data", {})]
    return str(name)


def assert_names_meet(documents: list[Document]) -> None:
    """Each field for a name is used by one of the objects, and names one of them."""
    named = {(it["kind"], it["metadata"]["name"]) for it in documents}
    known = [it for it in references() if it.path != CHANNEL]
    found = {
        (reference, name)
        for document in documents
        for reference in known
        if reference.kind == document["kind"]
        for name in values(document, reference.path.split("/"))
    }
    assert {(reference.to, name) for reference, name in found} <= named
    assert {reference for reference, _ in found} == set(known)

    by_name = {it["kind"]: it for it in documents if it["metadata"]["name"] != renamed("shop")}
    target = by_name["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"]
    resource = by_name["SenlinProfile"]["spec"]["resource"]
    assert (target, resource["metadata"]["serves"]) == (renamed("web"), renamed("web"))
    assert by_name["SenlinCluster"]["spec"]["resource"]["desiredCapacity"] == 2
    assert by_name["SenlinReceiver"]["spec"]["channelSecretRef"]["name"] == renamed("url")


def values(node: Any, path: list[str]) -> Iterator[str]:
    """Yield what is at the path, in each item of a list."""
    if isinstance(node, list):
        for item in node:
            yield from values(item, path)
    elif not path:
        yield node
    elif path[0] in node:
        yield from values(node[path[0]], path[1:])


def are_ready(tenant: Tenant) -> None:
    for kind, names in NAMES.items():
        for name in names:
            tenant.ready(kind, renamed(name))


def secrets_in_use(tenant: Tenant) -> set[str]:
    """Return the Secrets of all objects, also of those that the operator has made."""
    objects = [it for kind in PLURALS for it in tenant.all_of(kind)]
    return {it["spec"]["cloudCredentialsRef"]["secretName"] for it in objects}
