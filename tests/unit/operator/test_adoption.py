"""An adoption: previewed, marked, and never made twice."""

import pytest

from openstack_clustering import Profile
from openstack_clustering.exceptions import ServerError
from senlin_operator.kinds.node.desired import Adoption, Desired
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.node.observed import ADOPTED, observe
from senlin_operator.kinds.node.steps import Adopt, ClaimProfile, Delete, DeleteProfile
from senlin_operator.model.outcome import Unsupported
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import UID, Document, a_node, a_profile, a_snapshot, execute
from tests.unit.operator.fake_adoption import Adopting

ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0", overrides={"key_name": "mine"})
ADOPT = Adopt(Desired(name="one", metadata={"a": "1"}, adoption=ADOPTION), ADOPTION)
MADE = a_profile("p1", uid=None, name="prof-one")  # by an adoption


@pytest.mark.parametrize(
    ("profile", "metadata", "unmarked"),
    [
        pytest.param(MADE, {ADOPTED: "yes"}, "p1", id="as Senlin makes it"),
        pytest.param(MADE, {}, None, id="of that name, but of a node that was not adopted"),
        pytest.param(
            a_profile("p1", uid=UID, name="prof-one"), {ADOPTED: "yes"}, None, id="marked already"
        ),
        pytest.param(a_profile("p1", None, name="one"), {ADOPTED: "yes"}, None, id="another name"),
        pytest.param(
            a_profile("p2", None, name="prof-one"), {ADOPTED: "yes"}, None, id="another node's"
        ),
    ],
)
def test_observe_tells_the_profile_of_an_adoption(
    profile: Profile, metadata: Document, unmarked: str | None
) -> None:
    nodes = [a_node("n1", metadata=metadata)]
    observed = observe(a_snapshot(nodes=nodes, profiles=[profile]), "n1", UID)

    assert observed is not None
    assert observed.unclaimed_profile == unmarked


def test_an_adoption_is_previewed_and_marked() -> None:
    senlin = Adopting()

    started = execute(senlin.proxy, ADOPT, UID)

    assert senlin.requests == [("adopt_node", "preview"), ("adopt_node", "s1")]
    assert started.action_id is None
    assert senlin.node(started.id).metadata == {"a": "1", OWNER_KEY: UID, ADOPTED: "yes"}


def test_the_profile_of_an_adoption_is_marked_and_deleted() -> None:
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
def test_a_profile_that_bears_no_mark_yet_goes_as_well(force: bool) -> None:
    """As when the process died after the adoption, and the resource is deleted by then."""
    senlin = Adopting()
    execute(senlin.proxy, ADOPT, UID)
    observed = observe(senlin.poll(), None, UID)
    assert observed is not None
    senlin.requests.clear()

    started = execute(senlin.proxy, NodeKind().delete(observed, force=force), UID)

    assert [verb for verb, *_ in senlin.requests] == ["update_profile", "delete_node"]
    assert ("force" in senlin.requests[-1]) == force
    assert started.action_id == senlin.started[-1]
    assert NodeKind().deletion.leftovers(senlin.poll(), UID) == [DeleteProfile(observed.profile_id)]


def test_an_adoption_whose_reply_was_lost_is_not_repeated() -> None:
    senlin = Adopting()
    first = execute(senlin.proxy, ADOPT, UID)
    senlin.requests.clear()

    assert execute(senlin.proxy, ADOPT, UID).id == first.id
    assert senlin.requests == []


def test_what_is_a_node_already_is_not_adopted() -> None:
    senlin = Adopting()
    senlin.put_node(a_node("theirs", "", name="theirs", physical_id="s1"))

    with pytest.raises(Unsupported, match=r"s1 is already node theirs \(theirs\)"):
        execute(senlin.proxy, ADOPT, UID)
    assert senlin.requests == []


def test_what_senlin_would_make_no_profile_of_is_told_before() -> None:
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
            id="there is none",
        ),
        pytest.param(
            ServerError("503: Nova is down", type="ProfileOperationFailed"), ServerError, id="down"
        ),
        pytest.param(ServerError("404", type="Whatever"), ServerError, id="something else"),
    ],
)
def test_a_server_that_cannot_be_adopted(error: ServerError, raised: type[Exception]) -> None:
    senlin = Adopting()
    senlin.missing = error

    with pytest.raises(raised):
        execute(senlin.proxy, ADOPT, UID)
