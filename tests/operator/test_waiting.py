"""What is missing or wrong is said plainly, waited for, and healed by mending it alone."""

import yaml

from tests.operator.world import World, condition


def test_a_missing_profile_is_waited_for(world: World) -> None:
    world.apply(world.secret(), world.cluster())

    ready = world.waits_for("ReferenceMissing")
    assert ready["message"] == "SenlinProfile web-server does not exist."

    world.apply(world.profile())
    world.ready()


def test_a_profile_that_is_not_ready_is_waited_for(world: World) -> None:
    profile = world.profile()
    profile["spec"]["cloudCredentialsRef"]["secretName"] = "other"
    world.apply(world.secret(), profile, world.cluster())

    ready = world.waits_for("ReferenceNotReady")
    why = "Secret other does not exist, or is not of the type Opaque."
    assert ready["message"] in (
        "SenlinProfile web-server is not Ready yet.",  # it has not been looked at either
        f"SenlinProfile web-server is not Ready yet: {why}",
    )

    world.apply(world.profile())
    world.ready()


def test_a_missing_secret_is_waited_for(world: World) -> None:
    world.apply(world.profile())

    ready = world.waits_for("CredentialsMissing", "SenlinProfile", "web-server")
    assert "Secret openstack does not exist" in ready["message"]

    world.apply(world.secret())
    world.ready("SenlinProfile", "web-server")


def test_an_unreadable_secret_says_what_is_wrong_with_it(world: World) -> None:
    broken = world.secret()
    broken["stringData"]["clouds.yaml"] = "clouds: {openstack: {auth: {password: s3cr3t"
    world.apply(broken, world.profile())

    ready = world.waits_for("CredentialsUnreadable", "SenlinProfile", "web-server")
    assert "its clouds.yaml is not valid YAML" in ready["message"]
    assert "s3cr3t" not in ready["message"]

    world.apply(world.secret())
    world.ready("SenlinProfile", "web-server")


def test_an_unknown_cloud_names_those_that_there_are(world: World) -> None:
    profile = world.profile()
    profile["spec"]["cloudCredentialsRef"]["cloudName"] = "nosuch"
    world.apply(world.secret(), profile)

    ready = world.waits_for("CredentialsUnreadable", "SenlinProfile", "web-server")

    assert "no cloud 'nosuch'; it has: openstack" in ready["message"]


def test_a_wrong_password_is_told_and_healed_and_never_shown(world: World) -> None:
    wrong = world.secret()
    document = yaml.safe_load(wrong["stringData"]["clouds.yaml"])
    document["clouds"]["openstack"]["auth"]["password"] = "n0t-the-0ne"
    wrong["stringData"]["clouds.yaml"] = yaml.safe_dump(document)
    world.apply(wrong, world.profile())

    world.waits_for("CredentialsRejected", "SenlinProfile", "web-server")
    told = world.wait(
        "SenlinProfile",
        "web-server",
        lambda it: condition(it, "Stalled").get("status") == "True",
        "stalled",
    )
    assert "n0t-the-0ne" not in yaml.safe_dump(told) + world.operator.log.read_text()
    assert not any("n0t-the-0ne" in note for _, note in world.events("web-server"))

    world.apply(world.secret())
    world.ready("SenlinProfile", "web-server")


def test_what_senlin_refuses_stalls_until_the_manifest_changes(world: World) -> None:
    world.apply(world.secret(), world.profile(nosuch="property"))

    ready = world.waits_for("Rejected", "SenlinProfile", "web-server")
    assert "nosuch" in ready["message"]
    stalled = world.get("SenlinProfile", "web-server")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"

    world.delete("senlinprofile/web-server")
    world.gone("SenlinProfile", "web-server")
    world.apply(world.profile())
    world.ready("SenlinProfile", "web-server")


def test_the_guard_of_the_secret_goes_with_its_last_user(world: World) -> None:
    world.apply(world.secret(), world.profile())
    world.ready("SenlinProfile", "web-server")

    world.delete("secret/openstack")
    assert world.core.read_namespaced_secret("openstack", world.namespace).metadata.finalizers

    world.delete("senlinprofile/web-server")
    world.gone("SenlinProfile", "web-server")
    world.eventually(
        lambda: "openstack" not in world.kubectl("get", "secrets", "-o", "name"), "gone"
    )


def test_paused_means_untouched(world: World) -> None:
    world.quickstart()
    world.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/paused=true")
    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.apply(world.profile("witness"))
    world.ready("SenlinProfile", "witness")
    assert world.clusters()[0].desired_capacity == 3

    world.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/paused-")

    assert world.ready()["status"]["resource"]["nodes"]["active"] == 4
