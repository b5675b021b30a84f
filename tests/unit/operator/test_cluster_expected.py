"""What is to be expected of a cluster after a step."""

from dataclasses import replace

from senlin_operator.kinds.cluster.expected import (
    created,
    recovered,
    resized,
    updated,
    with_node_updated,
    without,
)
from tests.unit.operator.builders import DESIRED_OF_THREE, OBSERVED_OF_THREE

THREE = replace(OBSERVED_OF_THREE, profiles=frozenset(["p1"]))
BROKEN = replace(THREE, active=1, status="WARNING", unbuilt=1, serverless=frozenset(["n1"]))


def test_a_new_cluster_has_working_nodes() -> None:
    made = created(DESIRED_OF_THREE, "new", created_empty=False)

    assert (made.nodes, made.active, made.desired_capacity) == (3, 3, 3)
    assert made.removal_order == ("new-1", "new-2", "new-3")
    assert made.profiles == {"p1"}


def test_the_nodes_of_an_earlier_profile_are_known_after_an_update_of_the_cluster_alone() -> None:
    mixed = updated(THREE, {"profile_id": "p2", "is_profile_only": True})
    assert mixed.profile_mismatch == {"n1": "p1", "n2": "p1", "n3": "p1"}
    assert mixed.profiles == {"p1", "p2"}

    fewer = without(mixed, ["n1"])
    assert (fewer.nodes, fewer.desired_capacity) == (2, 2)
    assert with_node_updated(fewer, "n2").profile_mismatch == {"n3": "p1"}

    assert updated(THREE, {"profile_id": "p2"}).profiles == {"p2"}


def test_an_update_of_the_metadata_ends_an_empty_creation() -> None:
    empty = created(DESIRED_OF_THREE, "new", created_empty=True)

    assert updated(empty, {"timeout": 60}).created_empty
    assert not updated(empty, {"metadata": {}}).created_empty


def test_a_resize_removes_broken_nodes_first() -> None:
    smaller = resized(BROKEN, 2, 1, 5)
    assert (smaller.nodes, smaller.active, smaller.status) == (2, 1, "WARNING")
    assert (smaller.removal_order, smaller.serverless) == (("n2", "n3"), frozenset())

    smallest = resized(BROKEN, 1, 1, 5)
    assert (smallest.active, smallest.unbuilt, smallest.status) == (1, 0, "ACTIVE")
    assert resized(THREE, 5, 2, 6).removal_order == ("n1", "n2", "n3", "new-4", "new-5")


def test_an_exact_resize_of_an_emptied_cluster_only_corrects_its_record() -> None:
    emptied = without(THREE, THREE.removal_order)
    emptied = replace(emptied, desired_capacity=3)

    assert (resized(emptied, 3, 1, 5).desired_capacity, resized(emptied, 3, 1, 5).nodes) == (0, 0)
    assert resized(emptied, 4, 1, 5).nodes == 4


def test_a_recovery_leaves_no_fault() -> None:
    after = recovered(BROKEN)

    assert (after.active, after.lost, after.unbuilt, after.status) == (3, 0, 0, "ACTIVE")
