"""A cluster that says itself what its nodes are: its profile follows the manifest."""

from typing import Any

from tests.operator.world import Document, World, condition

ADJUSTABLE = {"type": "os.nova.server", "version": "1.0"}


def template(world: World, **properties: Any) -> Document:
    """Return the quickstart's profile as a cluster states it inline."""
    stated = world.profile(**properties)["spec"]["resource"]
    return {**ADJUSTABLE, "properties": stated["properties"], "metadata": stated["metadata"]}


def inline(world: World, **changes: Any) -> Document:
    document = world.cluster(profile=template(world), **changes)
    del document["spec"]["resource"]["profileRef"]
    return document


def made_of(world: World, cluster: Document) -> set[str]:
    """Return the flavors of the cluster's servers."""
    metadata = {"cluster_id": cluster["status"]["id"]}
    servers = world.sandbox.nova.servers(metadata=metadata)
    return {server["flavor"]["name"] for server in servers}


def test_a_template_becomes_a_profile_that_the_cluster_owns(world: World) -> None:
    world.apply(world.secret(), inline(world))

    cluster = world.ready()

    (profile,) = world.all_of("SenlinProfile")
    (owner,) = profile["metadata"]["ownerReferences"]
    assert owner["uid"] == cluster["metadata"]["uid"]
    assert profile["metadata"]["name"].startswith("web-")
    assert profile["status"]["id"] == cluster["status"]["resource"]["profileID"]

    world.delete("senlincluster", "web")
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", profile["metadata"]["name"])
    assert world.profiles() == []


def test_a_cluster_that_is_made_again_at_once_gets_a_profile_of_its_own(world: World) -> None:
    """As `kubectl replace --force` does; the old profile is still being collected."""
    world.apply(world.secret(), inline(world))
    before = world.ready()

    world.delete("senlincluster", "web")
    world.gone("SenlinCluster", "web")
    world.apply(inline(world))

    cluster = world.ready()
    assert cluster["status"]["id"] != before["status"]["id"]
    (profile,) = world.all_of("SenlinProfile")
    assert profile["metadata"]["ownerReferences"][0]["uid"] == cluster["metadata"]["uid"]


def test_another_content_is_rolled_out_and_the_old_profile_goes(world: World) -> None:
    world.apply(world.secret(), inline(world))
    before = world.ready()["status"]["resource"]["profileID"]

    world.edit("SenlinCluster", "web", profile=template(world, flavor="m1.small"))
    cluster = world.ready()

    assert cluster["status"]["resource"]["profileID"] != before
    assert made_of(world, cluster) == {"m1.small"}
    world.eventually(lambda: len(world.all_of("SenlinProfile")) == 1, "the old profile gone")
    world.eventually(lambda: len(world.profiles()) == 1, "the old profile gone from Senlin")


def test_a_roll_that_fails_names_the_node_and_is_healed_by_a_revert(world: World) -> None:
    world.apply(world.secret(), inline(world))
    before = world.ready()
    world.sandbox.nova.refuse_resize(world.nodes_named(), count=1)

    world.edit("SenlinCluster", "web", profile=template(world, flavor="m1.small"))
    failed = world.waits_for("ActionFailed")
    assert world.namespace in failed["message"], failed  # the name of a node

    world.edit("SenlinCluster", "web", profile=template(world))
    cluster = world.ready(seconds=60)

    assert cluster["status"]["resource"]["profileID"] == before["status"]["resource"]["profileID"]
    assert made_of(world, cluster) == {"m1.tiny"}
    world.eventually(lambda: len(world.profiles()) == 1, "the new profile gone")


def test_a_change_that_servers_cannot_take_says_which_node_and_is_healed_by_a_revert(
    world: World,
) -> None:
    world.apply(world.secret(), inline(world))
    world.ready()

    world.edit("SenlinCluster", "web", profile=template(world, key_name="oskey"))
    failed = world.waits_for("ActionFailed")
    assert world.namespace in failed["message"], failed

    world.edit("SenlinCluster", "web", profile=template(world, key_name=None))
    world.ready(seconds=60)


def test_a_template_that_senlin_refuses_says_so_and_is_healed_by_an_edit(world: World) -> None:
    document = inline(world)
    document["spec"]["resource"]["profile"]["properties"]["flavor"] = "m1.none"
    world.apply(world.secret(), document)

    world.wait(
        "SenlinCluster",
        "web",
        lambda it: "m1.none" in condition(it, "Ready").get("message", ""),
        "waiting for a profile that Senlin refuses",
    )
    assert condition(world.get("SenlinCluster", "web") or {}, "Ready")["reason"] == (
        "ReferenceNotReady"
    )

    world.edit("SenlinCluster", "web", profile=template(world))
    world.ready()
    world.eventually(lambda: len(world.all_of("SenlinProfile")) == 1, "the wrong profile gone")


def test_a_profile_of_somebody_else_with_that_name_is_left_alone(world: World) -> None:
    world.apply(world.secret(), inline(world))
    world.ready()
    (made,) = world.all_of("SenlinProfile")
    world.delete("senlincluster", "web")
    world.gone("SenlinProfile", made["metadata"]["name"])

    world.apply(world.profile(name=made["metadata"]["name"]), inline(world))

    taken = world.waits_for("NameTaken")
    assert made["metadata"]["name"] in taken["message"]
    assert condition(world.get("SenlinCluster", "web") or {}, "Stalled")["status"] == "True"
