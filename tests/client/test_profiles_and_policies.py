import pytest

from openstack_clustering import Proxy, exceptions
from tests.client.factories import SCALING, SERVER, Factory


def test_build_info(senlin: Proxy) -> None:
    info = senlin.get_build_info()

    assert info.api["revision"] == info.engine["revision"] == info["api"]["revision"]


@pytest.mark.parametrize(
    ("noun", "known", "key"),
    [("profile", "os.nova.server-1.0", "flavor"), ("policy", "senlin.policy.scaling-1.0", "event")],
)
def test_types_are_listed_and_shown_with_their_schema(
    senlin: Proxy, noun: str, known: str, key: str
) -> None:
    listed = {kind.name: kind for kind in getattr(senlin, f"{noun}_types")()}
    show = getattr(senlin, f"get_{noun}_type")

    assert key in show(listed[known]).schema
    assert show(known) == show(listed[known])
    assert listed[known].support_status
    with pytest.raises(exceptions.ResourceNotFound):
        show("no.such.type-1.0")


def test_operations_of_a_profile_type(senlin: Proxy) -> None:
    operations = senlin.profile_type_operations("os.nova.server-1.0")
    answer = senlin.list_profile_type_operations("os.nova.server-1.0")
    assert answer == {"operations": operations}

    assert "type" in operations["reboot"]["parameters"]
    with pytest.raises(exceptions.BadRequest):
        senlin.profile_type_operations("no.such.type-1.0")


def test_life_of_a_profile(senlin: Proxy, name: str) -> None:
    made = senlin.create_profile(name=name, spec=SERVER, metadata={"team": "web"})
    assert made.id
    assert senlin.get_profile(name) == senlin.get_profile(made.id) == senlin.find_profile(name)

    changed = senlin.update_profile(made, name=f"{name}-2", metadata={"team": "db"})
    assert (changed.name, changed.metadata) == (f"{name}-2", {"team": "db"})
    assert senlin.get_profile(made).metadata == {"team": "db"}
    with pytest.raises(exceptions.BadRequest):
        senlin.update_profile(made.id, name=f"{name}-2")

    senlin.delete_profile(made)
    assert senlin.find_profile(made.id) is None
    senlin.delete_profile(made)
    for call in (senlin.get_profile, senlin.update_profile):
        with pytest.raises(exceptions.ResourceNotFound):
            call(made.id)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.delete_profile(made, ignore_missing=False)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.find_profile(name, ignore_missing=False)


def test_profiles_are_filtered(senlin: Proxy, make: Factory, name: str) -> None:
    one, two = make.profile(), make.profile()
    senlin.update_profile(two, metadata={"test": name})

    assert [p.id for p in senlin.profiles(name=one.name)] == [one.id]
    assert [p.id for p in senlin.profiles(name=[one.name, two.name])] == [one.id, two.id]
    assert [p.id for p in senlin.profiles(metadata={"test": name})] == [two.id]
    assert list(senlin.profiles(name=one.name, type="os.heat.stack-1.0")) == []
    assert [p.id for p in senlin.profiles(name=[one.name, two.name], sort="name:desc")] == [
        two.id,
        one.id,
    ]


def test_validated_profile_is_not_created(senlin: Proxy) -> None:
    valid = senlin.validate_profile(spec=SERVER)

    assert valid.id is None
    assert valid.spec["properties"]["flavor"] == "m1.tiny"
    elsewhere = {**SERVER["properties"], "networks": [{"network": "nowhere"}]}
    with pytest.raises(exceptions.BadRequest, match="nowhere") as caught:
        senlin.validate_profile(spec={**SERVER, "properties": elsewhere})
    assert caught.value.type == "InvalidSpec"


@pytest.mark.parametrize(
    ("spec", "kind", "type"),
    [
        ({**SERVER, "properties": {"flavor": "m1.nowhere", "networks": []}}, 500, "InternalError"),
        ({**SERVER, "properties": {"flavor": "m1.tiny", "networks": [{}]}}, 400, "InvalidSpec"),
        ({**SERVER, "type": "no.such"}, 404, "ResourceNotFound"),
        ({"properties": {}}, 500, "ESchema"),
    ],
)
def test_invalid_profile_is_refused(
    senlin: Proxy, name: str, spec: dict[str, object], kind: int, type: str
) -> None:
    with pytest.raises(exceptions.HttpError) as caught:
        senlin.create_profile(name=name, spec=spec)

    assert (caught.value.status, caught.value.type) == (kind, type)
    assert str(caught.value.request_id).startswith("req-")


def test_profile_in_use_cannot_be_deleted(senlin: Proxy, make: Factory) -> None:
    profile = make.profile()
    make.cluster(profile_id=profile)

    with pytest.raises(exceptions.Conflict) as caught:
        senlin.delete_profile(profile)

    assert caught.value.type == "ResourceInUse"


def test_life_of_a_policy(senlin: Proxy, name: str) -> None:
    made = senlin.create_policy(name=name, spec=SCALING)
    assert senlin.get_policy(name) == senlin.get_policy(made.id) == senlin.find_policy(name)
    assert [p.id for p in senlin.policies(name=name, type="senlin.policy.scaling-1.0")] == [made.id]

    assert senlin.update_policy(made, name=f"{name}-2").name == f"{name}-2"
    assert senlin.get_policy(made).name == f"{name}-2"

    senlin.delete_policy(made)
    assert senlin.find_policy(made.id) is None
    senlin.delete_policy(made)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.delete_policy(made, ignore_missing=False)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.get_policy(made)


def test_validated_policy_is_not_created(senlin: Proxy) -> None:
    assert senlin.validate_policy(spec=SCALING).id is None
    with pytest.raises(exceptions.ServerError, match="CLUSTER_SCALE_OUT") as caught:
        senlin.validate_policy(spec={**SCALING, "properties": {"event": "NOTHING"}})
    assert caught.value.type == "ESchema"


def test_name_of_several_objects_is_ambiguous(senlin: Proxy, name: str) -> None:
    twins = [senlin.create_policy(name=name, spec=SCALING) for _ in range(2)]

    with pytest.raises(exceptions.DuplicateResource):
        senlin.find_policy(name)
    for call in (senlin.get_policy, senlin.delete_policy):
        with pytest.raises(exceptions.DuplicateResource) as caught:
            call(name)
        assert caught.value.type == "MultipleChoices"

    for twin in twins:
        senlin.delete_policy(twin)
        assert senlin.find_policy(twin.id) is None


def test_names_of_any_script(senlin: Proxy, name: str) -> None:
    made = senlin.create_policy(name=f"策略{name}", spec=SCALING)

    assert senlin.get_policy(made.name) == senlin.find_policy(made.name) == senlin.get_policy(made)
    senlin.delete_policy(made.name)
    assert senlin.find_policy(made.id) is None


def test_beginning_of_an_id_names_an_object(senlin: Proxy, make: Factory) -> None:
    policy = make.policy()

    assert senlin.get_policy(policy.id[:5]).id == policy.id
    assert senlin.find_policy(policy.id[:5]) is None
    senlin.delete_policy(policy.id[:5])  # too short to change anything
    assert senlin.get_policy(policy.id[:5]) == senlin.find_policy(policy.id[:8])
    senlin.delete_policy(policy.id[:13], ignore_missing=False)
    assert senlin.find_policy(policy.id) is None


def test_name_that_could_begin_an_id_is_a_name(senlin: Proxy, make: Factory) -> None:
    other = make.policy()
    name = other.id[:7]
    named = senlin.create_policy(name=name, spec=SCALING)

    senlin.delete_policy(name)
    senlin.delete_policy(name)

    assert senlin.find_policy(named.id) is None
    assert senlin.get_policy(other).id == other.id
