"""An adoption: previewed, given the owner's marker, and never sent twice."""

import pytest

from openstack_clustering import Profile
from openstack_clustering.exceptions import ServerError
from senlin_operator.kinds.node.desired import Adoption, Desired
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.node.observed import ADOPTED, observe
from senlin_operator.kinds.node.steps import Adopt, ClaimProfile, Delete, DeleteProfile
from senlin_operator.model.outcome import Unsupported
from tests.unit.operator.builders import (
    UID,
    Document,
    a_node,
    a_profile,
    a_snapshot,
    execute,
    the_marker,
)
from tests.unit.operator.fake_adoption import Adopting

ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0", overrides={"key_name": "mine"})
ADOPT = Adopt(Desired(name="one", metadata={"a": "1"}, adoption=ADOPTION), ADOPTION)
ADOPTED_PROFILE = a_profile("p1", uid=None, name="prof-one")  # as an adoption makes it


@pytest.mark.parametrize(
    ("profile", "metadata", "unclaimed"),
    [
        pytest.param(
            ADOPTED_PROFILE, {ADOPTED: "yes"}, "p1", id="as an adoption makes it: unclaimed"
        ),
        pytest.param(ADOPTED_PROFILE, {}, None, id="same name, but the node was not adopted: none"),
        pytest.param(
            a_profile("p1", uid=UID, name="prof-one"),
            {ADOPTED: "yes"},
            None,
            id="has a marker: claimed",
        ),
        pytest.param(
            a_profile("p1", None, name="one"), {ADOPTED: "yes"}, None, id="another name: none"
        ),
        pytest.param(
            a_profile("p2", None, name="prof-one"),
            {ADOPTED: "yes"},
            None,
            id="profile of another node: none",
        ),
    ],
)
def test_observe_finds_the_unclaimed_profile_of_an_adoption(
    profile: Profile, metadata: Document, unclaimed: str | None
) -> None:
    nodes = [a_node("n1", metadata=metadata)]
    observed = observe(a_snapshot(nodes=nodes, profiles=[profile]), "n1", UID)

    assert observed is not None
    assert observed.unclaimed_profile == unclaimed


def test_an_adoption_is_previewed_and_sets_the_owner_marker() -> None:
    senlin = Adopting()

    result = execute(senlin.proxy, ADOPT, UID)

    assert senlin.requests == [("adopt_node", "preview"), ("adopt_node", "s1")]
    assert result.action_id is None
    assert senlin.node(result.id).metadata == {"a": "1", **the_marker(), ADOPTED: "yes"}


def test_the_profile_of_an_adoption_is_claimed_and_deleted_after_the_node() -> None:
    senlin = Adopting()
    id_ = execute(senlin.proxy, ADOPT, UID).id
    profile = senlin.node(id_).profile_id

    execute(senlin.proxy, ClaimProfile(id_, profile), UID)
    [leftover] = NodeKind().deletion.leftovers(senlin.poll(), UID)
    assert leftover == DeleteProfile(profile)
    assert NodeKind().deletion.leftovers(senlin.poll(), "another") == []

    execute(senlin.proxy, Delete(id_), UID)
    execute(senlin.proxy, leftover, UID)
    assert senlin.poll().all(Profile) == {}


@pytest.mark.parametrize("force", [False, True])
def test_deleting_an_adopted_node_claims_its_unclaimed_profile_first(force: bool) -> None:
    """The process died after the adoption, and the resource is being deleted when it restarts."""
    senlin = Adopting()
    execute(senlin.proxy, ADOPT, UID)
    observed = observe(senlin.poll(), None, UID)
    assert observed is not None
    senlin.requests.clear()

    result = execute(senlin.proxy, NodeKind().delete(observed, force=force), UID)

    assert [verb for verb, *_ in senlin.requests] == ["update_profile", "delete_node"]
    assert ("force" in senlin.requests[-1]) == force
    assert result.action_id == senlin.started[-1]
    assert NodeKind().deletion.leftovers(senlin.poll(), UID) == [DeleteProfile(observed.profile_id)]


def test_an_adoption_whose_reply_was_lost_is_not_sent_again() -> None:
    senlin = Adopting()
    first = execute(senlin.proxy, ADOPT, UID)
    senlin.requests.clear()

    assert execute(senlin.proxy, ADOPT, UID).id == first.id
    assert senlin.requests == []


def test_a_server_that_is_already_a_node_is_not_adopted() -> None:
    senlin = Adopting()
    senlin.put_node(a_node("theirs", "", name="theirs", physical_id="s1"))

    with pytest.raises(Unsupported, match=r"s1 is already node theirs \(theirs\)"):
        execute(senlin.proxy, ADOPT, UID)
    assert senlin.requests == []


def test_a_server_without_required_properties_is_refused_before_the_adoption() -> None:
    senlin = Adopting(user_data=None, admin_pass=None)

    with pytest.raises(Unsupported, match="s1 has no admin_pass, user_data, and Senlin 16 makes"):
        execute(senlin.proxy, ADOPT, UID)
    assert senlin.requests == [("adopt_node", "preview")]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        pytest.param(
            ServerError("404: No Server found for s1", type="ProfileOperationFailed"),
            Unsupported,
            id="no such server: unsupported",
        ),
        pytest.param(
            ServerError("503: Nova is down", type="ProfileOperationFailed"),
            ServerError,
            id="Nova is down: an error",
        ),
        pytest.param(
            ServerError("404", type="Whatever"), ServerError, id="another type of error: an error"
        ),
    ],
)
def test_errors_of_the_preview(error: ServerError, raised: type[Exception]) -> None:
    senlin = Adopting()
    senlin.missing = error

    with pytest.raises(raised):
        execute(senlin.proxy, ADOPT, UID)
