"""Manifests for what is in a project: what they say, and what they cannot say."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from openstack_clustering import Cluster, Node, Policy, Profile, Receiver
from senlin_operator.export import files
from senlin_operator.export.manifests import Manifest, Options, manifests
from senlin_operator.export.project import Project, selected
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.model.ownership import OWNER_KEY

R = TypeVar("R")
OPTIONS = Options("openstack", "cloud")
UID = "0b0e4f6e-2b9f-4d0a-9d55-5b0c0a3f7f10"
SERVER = {"type": "os.nova.server", "version": "1.0", "properties": {"networks": []}}


def an_id(number: int) -> str:
    return f"{number:08x}-0000-0000-0000-000000000000"


def a_profile(**changes: Any) -> Profile:
    return Profile({"id": an_id(1), "name": "small", "spec": SERVER, "metadata": {}, **changes})


def a_policy(**changes: Any) -> Policy:
    spec = {"type": "senlin.policy.deletion", "version": "1.0", "properties": {}}
    return Policy({"id": an_id(2), "name": "newest", "spec": spec, **changes})


def a_cluster(**changes: Any) -> Cluster:
    fields = {
        "id": an_id(3),
        "name": "web",
        "profile_id": an_id(1),
        "min_size": 0,
        "max_size": -1,
        "desired_capacity": 3,
        "timeout": 3600,
        "metadata": {},
        "config": {},
        "policies": [],
    }
    return Cluster(fields | changes)


def a_node(**changes: Any) -> Node:
    fields = {"id": an_id(4), "name": "db", "profile_id": an_id(1), "cluster_id": "", "role": ""}
    return Node({**fields, "metadata": {}, "tainted": False, **changes})


def a_receiver(**changes: Any) -> Receiver:
    fields = {
        "id": an_id(5),
        "name": "check",
        "type": "webhook",
        "cluster_id": an_id(3),
        "action": "CLUSTER_CHECK",
        "params": {},
    }
    return Receiver(fields | changes)


def a_project(*items: Any, bindings: Mapping[str, tuple[Binding, ...]] | None = None) -> Project:
    def of(type_: type[R]) -> tuple[R, ...]:
        return tuple(item for item in items if isinstance(item, type_))

    return Project(of(Profile), of(Policy), of(Cluster), of(Node), of(Receiver), bindings or {})


def exported(*items: Any, **bindings: Any) -> dict[str, Manifest]:
    found = manifests(a_project(*items, **bindings), OPTIONS)
    return {f"{it.kind}/{it.name}": it for it in found}


def spec(manifest: Manifest) -> Any:
    return manifest.document["spec"]


def test_a_manifest_takes_over_what_is_there_and_never_deletes_it() -> None:
    (profile,) = exported(a_profile(metadata={"team": "blue", OWNER_KEY: UID})).values()

    assert profile.document["apiVersion"] == "senlin.openstack.org/v1alpha1"
    assert spec(profile) == {
        "cloudCredentialsRef": {"secretName": "openstack", "cloudName": "cloud"},
        "managementPolicy": "managed",
        "import": {"id": an_id(1)},
        "managedOptions": {"onDelete": "detach"},
        "resource": {**SERVER, "metadata": {"team": "blue"}},
    }
    assert profile.notes == (
        f"it has the marker of a resource with the uid {UID}: docs/adoption.md says more",
    )


def test_references_are_by_the_names_of_manifests() -> None:
    bindings = {an_id(3): (Binding(an_id(2), "newest"),)}
    found = exported(
        a_profile(name="Web Server"),
        a_policy(name=f"Newest.{UID}"),
        a_cluster(name="网页"),
        a_receiver(),
        bindings=bindings,
    )

    cluster = spec(found["SenlinCluster/cluster-00000003"])["resource"]
    assert cluster == {
        "name": "网页",
        "profileRef": {"name": "web-server"},
        "minSize": 0,
        "maxSize": -1,
        "desiredCapacity": 3,
        "timeoutSeconds": 3600,
        "policies": [{"policyRef": {"name": "newest"}}],
    }
    assert spec(found["SenlinPolicy/newest"])["resource"]["name"] == "Newest"
    receiver = spec(found["SenlinReceiver/check"])
    assert receiver["import"] == {"filter": {"name": "check"}}
    assert receiver["resource"]["clusterRef"] == {"name": "cluster-00000003"}


def test_the_same_name_twice_becomes_two_names() -> None:
    found = exported(
        a_profile(),
        a_profile(id=an_id(6)),
        a_profile(id=an_id(7), name="SMALL"),
    )

    assert list(found) == [
        "SenlinProfile/small",
        "SenlinProfile/small-00000006",
        "SenlinProfile/small-00000007",
    ]


@pytest.mark.parametrize("action", ["CLUSTER_SCALE_OUT", "CLUSTER_RESIZE"])
def test_the_size_of_a_cluster_that_receivers_scale_stays_with_senlin(action: str) -> None:
    found = exported(a_profile(), a_cluster(), a_receiver(action=action))

    cluster = spec(found["SenlinCluster/web"])["resource"]
    assert cluster["capacityOwner"] == "Senlin"
    assert "desiredCapacity" not in cluster


def test_members_of_clusters_have_no_manifest() -> None:
    found = exported(a_profile(), a_cluster(), a_node(cluster_id=an_id(3)), a_node(id=an_id(8)))

    assert [it for it in found if it.startswith("SenlinNode/")] == ["SenlinNode/db"]


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (a_profile(metadata={"n": 1}), "metadata has values that are no text, or too long: n"),
        (a_profile(name="a/b"), "its name has characters that Senlin does not take"),
        (a_profile(spec=SERVER | {"properties": {}}), "its properties lack networks"),
        (a_policy(name="x" * 201), "its name has more than 200 characters"),
        (a_cluster(config={"a": 1}), "its profile is not in the project; config has a"),
        (a_cluster(max_size=2000), "its profile is not in the project; it has a size beyond 1000"),
        (a_node(), "its profile is not in the project"),
        (a_receiver(), "its cluster is not in the project"),
    ],
)
def test_what_cannot_be_expressed_is_only_shown(item: Any, why: str) -> None:
    (manifest,) = exported(item).values()

    assert spec(manifest)["managementPolicy"] == "unmanaged"
    assert "resource" not in spec(manifest)
    assert manifest.notes == (f"only shown: {why}",)


def test_receivers_of_one_name_are_told() -> None:
    found = exported(a_profile(), a_cluster(), a_receiver(), a_receiver(id=an_id(9)))

    for name in ("check", "check-00000009"):
        assert "rename them" in found[f"SenlinReceiver/{name}"].notes[0]


def test_a_selection_has_what_its_clusters_use() -> None:
    project = a_project(
        a_profile(),
        a_profile(id=an_id(10)),
        a_policy(),
        a_policy(id=an_id(11)),
        a_cluster(metadata={"team": "blue"}),
        a_cluster(id=an_id(12), profile_id=an_id(10)),
        a_node(profile_id=an_id(10)),
        a_receiver(),
        bindings={an_id(3): (Binding(an_id(2), "newest"),)},
    )

    found = selected(project, {"team": "blue"})

    assert [it.id for items in found[:5] for it in items] == [an_id(n) for n in (1, 2, 3, 5)]
    assert selected(project, {}) is project


def test_a_directory_has_a_file_for_each_and_a_kustomization(tmp_path: Path) -> None:
    found = manifests(a_project(a_profile(metadata={"n": 1}), a_node()), OPTIONS)

    files.write_directory(found, tmp_path / "out")

    names = yaml.safe_load((tmp_path / "out/kustomization.yaml").read_text())["resources"]
    assert names == ["senlinprofile-small.yaml", "senlinnode-db.yaml"]
    text = (tmp_path / "out" / names[0]).read_text()
    assert text.startswith("# only shown: metadata has values")
    assert yaml.safe_load(text) == found[0].document
    with pytest.raises(FileExistsError):
        files.write_directory(found, tmp_path / "out")


def test_a_stream_has_all_documents() -> None:
    found = manifests(a_project(a_profile(), a_policy()), OPTIONS._replace(namespace="team"))
    stream = io.StringIO()

    files.write_stream(found, stream)

    documents = list(yaml.safe_load_all(stream.getvalue()))
    assert documents == [it.document for it in found]
    assert {it["metadata"]["namespace"] for it in documents} == {"team"}
