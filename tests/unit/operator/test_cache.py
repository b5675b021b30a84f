"""Which change wakes whom."""

import pytest

from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import GROUP, SECRET, Key
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from tests.unit.operator.builders import (
    DELETING,
    NOW,
    SECRET_KEY,
    UID,
    WITH_FINALIZER,
    Document,
    a_cluster_manifest,
    a_condition,
    a_node_manifest,
    a_profile_manifest,
    a_secret_manifest,
    ready,
    taken,
)

WEB = Key("SenlinCluster", "team", "web")
SHOP = Key("SenlinCluster", "team", "shop")
SMALL = Key("SenlinProfile", "team", "small")
BIG = Key("SenlinProfile", "team", "big")
ONE = Key("SenlinNode", "team", "one")


class Observer:
    """A cache, and who is woken."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.cache = Cache(KINDS, self.queue)

    def sees(self, raw: Document, event: str | None = "MODIFIED", **metadata: str) -> None:
        raw = {**raw, "metadata": {**raw["metadata"], **metadata}}
        self.cache.on_event(raw.get("kind", SECRET), event, raw)

    async def woken(self) -> set[Key]:
        keys = await taken(self.queue)
        for key in keys:
            self.queue.done(key)
        return set(keys)


@pytest.fixture
async def observer() -> Observer:
    """Return one that knows a Secret, two profiles and a cluster, and has woken them all."""
    observer = Observer()
    observer.sees(a_secret_manifest(), None)
    observer.sees(a_profile_manifest("small", uid="small-uid", status=ready("p1")), None)
    observer.sees(a_profile_manifest("big", uid="big-uid", status=ready("p2")), None)
    observer.sees(a_cluster_manifest(status=ready("c1")), None)
    await observer.woken()
    return observer


async def test_what_is_new_is_woken() -> None:
    observer = Observer()

    observer.sees(a_cluster_manifest(), "ADDED")

    assert await observer.woken() == {WEB}


@pytest.mark.parametrize(
    ("raw", "woken"),
    [
        pytest.param(a_cluster_manifest(generation=2, status=ready("c1")), {WEB}, id="spec"),
        pytest.param(a_cluster_manifest(**DELETING, status=ready("c1")), {WEB}, id="deletion"),
        pytest.param(
            a_cluster_manifest(annotations={f"{GROUP}/paused": "true"}, status=ready("c1")),
            {WEB},
            id="annotation of ours",
        ),
        pytest.param(
            a_cluster_manifest(annotations={"others": "x"}, labels={"a": "b"}, status=ready("c1")),
            set(),
            id="annotations and labels of others",
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")), set(), id="finalizer"
        ),
        pytest.param(a_cluster_manifest(status={"id": "c1"}), set(), id="status"),
    ],
)
async def test_a_change_of_the_cluster(observer: Observer, raw: Document, woken: set[Key]) -> None:
    observer.sees(raw, resourceVersion="2")

    assert await observer.woken() == woken


NOT_READY = {"id": "p1", "conditions": [a_condition(status="False")]}
REWORDED = {"id": "p1", "conditions": [a_condition(message="other words")]}


@pytest.mark.parametrize(
    ("raw", "woken"),
    [
        pytest.param(a_profile_manifest(status=ready("p9")), {WEB}, id="another cloud object"),
        pytest.param(a_profile_manifest(status=NOT_READY), {WEB}, id="not ready any more"),
        pytest.param(a_profile_manifest(status=REWORDED), set(), id="other words"),
        pytest.param(a_profile_manifest(**DELETING, status=ready("p1")), {SMALL, WEB}, id="going"),
        pytest.param(
            a_profile_manifest(generation=2, status=ready("p1")), {SMALL, WEB}, id="another spec"
        ),
    ],
)
async def test_a_change_of_the_profile_wakes_its_users(
    observer: Observer, raw: Document, woken: set[Key]
) -> None:
    observer.sees(raw, uid="small-uid", resourceVersion="2")

    assert await observer.woken() == woken


async def test_our_own_write_wakes_nobody_but_users(observer: Observer) -> None:
    profile_ = a_profile_manifest(uid="small-uid", resourceVersion="2", status=ready("p9"))
    cluster_ = a_cluster_manifest(resourceVersion="2", status=ready("c9"))

    kept = observer.cache.store_reply("SenlinCluster", cluster_)
    assert await observer.woken() == set()
    observer.cache.store_reply("SenlinProfile", profile_)
    assert await observer.woken() == {WEB}

    assert observer.cache.get(WEB) is kept
    assert kept.cloud_id == "c9"


async def test_the_echo_of_our_own_write_wakes_nobody(observer: Observer) -> None:
    raw = a_profile_manifest(uid="small-uid", resourceVersion="2", status=ready("p9"))
    observer.cache.store_reply("SenlinProfile", raw)
    await observer.woken()

    observer.sees(raw)

    assert await observer.woken() == set()


@pytest.mark.parametrize("version", ["1", "0"])
async def test_what_is_older_is_ignored(observer: Observer, version: str) -> None:
    observer.sees(a_cluster_manifest(generation=2), resourceVersion=version)

    assert await observer.woken() == set()
    assert observer.cache.get(WEB).cloud_id == "c1"  # type: ignore[union-attr]


async def test_a_successor_of_the_same_name_is_another_object(observer: Observer) -> None:
    observer.sees(a_cluster_manifest(), "ADDED", uid="new-uid", resourceVersion="0")

    assert await observer.woken() == {WEB}
    assert list(observer.cache.keys_of([UID, "c1"])) == []
    assert list(observer.cache.keys_of(["new-uid"])) == [WEB]


async def test_a_deletion_wakes_the_object_and_whom_it_kept(observer: Observer) -> None:
    observer.sees(a_cluster_manifest(), "DELETED")

    assert await observer.woken() == {WEB, SMALL, SECRET_KEY}
    assert observer.cache.get(WEB) is None
    assert observer.cache.referrers(SMALL) == []
    assert list(observer.cache.keys_of([UID, "c1"])) == []


async def test_a_deletion_wakes_the_users(observer: Observer) -> None:
    observer.sees(a_profile_manifest(uid="small-uid"), "DELETED")

    assert await observer.woken() == {SMALL, WEB, SECRET_KEY}


async def test_the_late_deletion_of_a_predecessor_is_ignored(observer: Observer) -> None:
    observer.sees(a_cluster_manifest(), "DELETED", uid="old-uid")

    assert await observer.woken() == set()
    assert observer.cache.get(WEB) is not None


async def test_a_reply_that_comes_after_the_deletion_does_not_bring_it_back(
    observer: Observer,
) -> None:
    gone = a_cluster_manifest(deletionTimestamp=NOW, resourceVersion="2")
    observer.sees(gone, "DELETED")

    observer.cache.store_reply("SenlinCluster", gone)

    assert observer.cache.get(WEB) is None
    assert observer.cache.referrers(SMALL) == []


async def test_a_reply_that_takes_the_last_finalizer_off_is_the_end(observer: Observer) -> None:
    observer.cache.store_reply(
        "SenlinCluster", a_cluster_manifest(deletionTimestamp=NOW, resourceVersion="2")
    )

    assert observer.cache.get(WEB) is None
    assert await observer.woken() == {WEB, SMALL, SECRET_KEY}


async def test_another_reference_frees_the_old_one(observer: Observer) -> None:
    wanted = {"profileRef": {"name": "big"}}

    observer.sees(a_cluster_manifest("web", wanted, generation=2), resourceVersion="2")

    assert await observer.woken() == {WEB, SMALL}
    assert (observer.cache.referrers(SMALL), observer.cache.referrers(BIG)) == ([], [WEB])


async def test_users_are_sorted(observer: Observer) -> None:
    observer.sees(a_cluster_manifest("shop", uid="shop-uid"), "ADDED")

    assert observer.cache.referrers(SMALL) == [SHOP, WEB]
    assert observer.cache.referrers(SECRET_KEY) == [SHOP, WEB, BIG, SMALL]
    assert observer.cache.referrers(WEB) == []


async def test_another_namespace_is_another_world(observer: Observer) -> None:
    observer.sees(a_profile_manifest(), uid="x", namespace="other", resourceVersion="9")

    assert await observer.woken() == {Key("SenlinProfile", "other", "small")}


async def test_a_new_content_of_the_secret_wakes_its_users(observer: Observer) -> None:
    observer.sees(a_secret_manifest("clouds: {}"), resourceVersion="2")

    assert await observer.woken() == {SECRET_KEY, WEB, SMALL, BIG}


async def test_the_same_content_of_the_secret_wakes_nobody(observer: Observer) -> None:
    observer.sees(a_secret_manifest(annotations={"a": "b"}, **WITH_FINALIZER), resourceVersion="2")

    assert await observer.woken() == set()


async def test_the_content_of_a_secret_is_not_kept(observer: Observer) -> None:
    kept = observer.cache.get(SECRET_KEY)

    assert kept is not None
    assert kept.raw.keys() == {"metadata", "fingerprint"}


@pytest.mark.parametrize(
    ("ids", "keys"),
    [
        (["c1"], [WEB]),
        ([UID], [WEB]),
        (["p2", "small-uid"], [BIG, SMALL]),
        (["strange"], []),
    ],
)
async def test_cloud_ids_and_uids_lead_to_keys(
    observer: Observer, ids: list[str], keys: list[Key]
) -> None:
    assert list(observer.cache.keys_of(ids)) == keys


async def test_a_new_cloud_id_replaces_the_old_one(observer: Observer) -> None:
    observer.sees(a_cluster_manifest(status=ready("c2")), resourceVersion="2")

    assert list(observer.cache.keys_of(["c1"])) == []
    assert list(observer.cache.keys_of(["c2"])) == [WEB]


async def test_all_that_show_one_cloud_object_are_found(observer: Observer) -> None:
    observer.sees(a_cluster_manifest("shop", uid="shop-uid", status=ready("c1")), "ADDED")
    assert set(observer.cache.keys_of(["c1"])) == {WEB, SHOP}

    observer.sees(a_cluster_manifest("shop", uid="shop-uid", status=ready("c1")), "DELETED")
    assert set(observer.cache.keys_of(["c1"])) == {WEB}


def owned(uid: str = UID) -> Document:
    return {"ownerReferences": [{"kind": "SenlinCluster", "uid": uid, "controller": True}]}


async def test_children_are_found_by_their_owner(observer: Observer) -> None:
    observer.sees(a_profile_manifest("mine", uid="mine-uid", **owned()), "ADDED")
    observer.sees(a_profile_manifest("theirs", uid="theirs-uid", **owned("other")), "ADDED")

    assert observer.cache.dependents(UID) == [Key("SenlinProfile", "team", "mine")]
    assert observer.cache.dependents("nobody") == []


async def test_who_refers_to_an_owner_but_is_not_controlled_is_no_child(
    observer: Observer,
) -> None:
    reference = {"kind": "SenlinCluster", "uid": UID}
    observer.sees(a_profile_manifest("mine", uid="x", ownerReferences=[reference]), "ADDED")

    assert observer.cache.dependents(UID) == []


async def test_a_child_that_has_gone_wakes_its_owner(observer: Observer) -> None:
    raw = a_profile_manifest("mine", uid="mine-uid", **owned())
    observer.sees(raw, "ADDED")
    await observer.woken()

    observer.sees(raw, "DELETED")

    assert WEB in await observer.woken()
    assert observer.cache.dependents(UID) == []


IN_WEB = {"clusterRef": {"name": "web"}}


async def test_a_member_wakes_its_cluster_which_counts_it(observer: Observer) -> None:
    observer.sees(a_node_manifest(resource=IN_WEB, uid="one-uid"), "ADDED")

    assert await observer.woken() == {ONE, WEB}
    assert observer.cache.referrers(WEB) == [ONE]


async def test_a_member_that_goes_elsewhere_wakes_the_cluster_that_it_was_in(
    observer: Observer,
) -> None:
    observer.sees(a_node_manifest(resource=IN_WEB, uid="one-uid"), "ADDED")
    await observer.woken()

    observer.sees(a_node_manifest(uid="one-uid", generation=2), resourceVersion="2")

    assert await observer.woken() == {ONE, WEB}
    assert observer.cache.referrers(WEB) == []


async def test_a_member_that_begins_to_go_wakes_its_cluster(observer: Observer) -> None:
    observer.sees(a_node_manifest(resource=IN_WEB, uid="one-uid", **WITH_FINALIZER), "ADDED")
    await observer.woken()

    observer.sees(a_node_manifest(resource=IN_WEB, uid="one-uid", **DELETING), resourceVersion="2")

    assert await observer.woken() == {ONE, WEB}


async def test_a_new_user_does_not_wake_a_profile_which_counts_nobody(observer: Observer) -> None:
    observer.sees(a_node_manifest(uid="one-uid"), "ADDED")

    assert await observer.woken() == {ONE}


async def test_what_we_are_through_with_uses_nothing(observer: Observer) -> None:
    """In a foreground deletion others hold it until what it owns has gone."""
    raw = a_cluster_manifest(status=ready("c1"), **DELETING)
    observer.sees(raw, resourceVersion="2")
    assert observer.cache.referrers(SMALL) == [WEB]
    await observer.woken()
    metadata = {**raw["metadata"], "finalizers": ["foregroundDeletion"]}

    observer.sees({**raw, "metadata": metadata}, resourceVersion="3")

    assert observer.cache.get(WEB) is not None
    assert observer.cache.referrers(SMALL) == []
    assert WEB not in observer.cache.referrers(SECRET_KEY)
    assert await observer.woken() == {SMALL, SECRET_KEY}
