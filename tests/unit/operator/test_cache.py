"""Which change of a Kubernetes object queues which keys."""

import pytest

from openstack_clustering import Cluster, Node
from senlin_operator.kinds import KINDS, RUN_KINDS
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
    a_resource,
    a_secret_manifest,
    an_operation_manifest,
    ready,
    take_all,
)

WEB = Key("SenlinCluster", "team", "web")
SHOP = Key("SenlinCluster", "team", "shop")
SMALL = Key("SenlinProfile", "team", "small")
BIG = Key("SenlinProfile", "team", "big")
ONE = Key("SenlinNode", "team", "one")
NAMES = ("new", "small", "big")


class RecordedCache:
    """A cache, and the keys that it queues."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.cache = Cache({**KINDS, **RUN_KINDS}, self.queue)

    def event(self, raw: Document, event: str | None = "MODIFIED", **metadata: str) -> None:
        raw = {**raw, "metadata": {**raw["metadata"], **metadata}}
        self.cache.on_event(raw.get("kind", SECRET), event, raw)

    async def queued(self) -> set[Key]:
        keys = await take_all(self.queue)
        for key in keys:
            self.queue.done(key)
        return set(keys)


@pytest.fixture
async def recorded() -> RecordedCache:
    """Return one that knows a Secret, two profiles and a cluster, and has queued them all."""
    recorded = RecordedCache()
    recorded.event(a_secret_manifest(), None)
    recorded.event(a_profile_manifest("small", uid="small-uid", status=ready("p1")), None)
    recorded.event(a_profile_manifest("big", uid="big-uid", status=ready("p2")), None)
    recorded.event(a_cluster_manifest(status=ready("c1")), None)
    await recorded.queued()
    return recorded


async def test_an_edit_does_not_stand_behind_creations(recorded: RecordedCache) -> None:
    cache = recorded.cache
    recorded.event(a_profile_manifest("new", uid="new-uid"))
    new, small, big = (cache.line(Key("SenlinProfile", "team", name)) for name in NAMES)
    recorded.event(an_operation_manifest())
    assert small == big == cache.line(Key("SenlinOperation", "team", "once")) != new

    for name in NAMES:
        recorded.event(a_profile_manifest(name, uid=f"{name}-uid", **DELETING), resourceVersion="2")
    assert len({cache.line(Key("SenlinProfile", "team", name)) for name in NAMES}) == 1


async def test_a_new_object_is_queued() -> None:
    recorded = RecordedCache()

    recorded.event(a_cluster_manifest(), "ADDED")

    assert await recorded.queued() == {WEB}


@pytest.mark.parametrize(
    ("raw", "queued"),
    [
        pytest.param(a_cluster_manifest(generation=2, status=ready("c1")), {WEB}, id="spec"),
        pytest.param(a_cluster_manifest(**DELETING, status=ready("c1")), {WEB}, id="deletion"),
        pytest.param(
            a_cluster_manifest(annotations={f"{GROUP}/paused": "true"}, status=ready("c1")),
            {WEB},
            id="annotation of the operator",
        ),
        pytest.param(
            a_cluster_manifest(annotations={"others": "x"}, status=ready("c1")),
            set(),
            id="annotations of others",
        ),
        pytest.param(
            a_cluster_manifest(labels={"a": "b"}, status=ready("c1")),
            {WEB},
            id="labels, which what it owns has, too",
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")), set(), id="finalizer"
        ),
        pytest.param(a_cluster_manifest(status={"id": "c1"}), set(), id="status"),
    ],
)
async def test_a_change_of_the_cluster_by_others_queues_it(
    recorded: RecordedCache, raw: Document, queued: set[Key]
) -> None:
    recorded.event(raw, resourceVersion="2")

    assert await recorded.queued() == queued


NOT_READY = {"id": "p1", "conditions": [a_condition(status="False")]}
REWORDED = {"id": "p1", "conditions": [a_condition(message="another message")]}


@pytest.mark.parametrize(
    ("raw", "queued"),
    [
        pytest.param(a_profile_manifest(status=ready("p9")), {WEB}, id="another cloud id"),
        pytest.param(a_profile_manifest(status=NOT_READY), {WEB}, id="no longer Ready"),
        pytest.param(a_profile_manifest(status=REWORDED), set(), id="only another message"),
        pytest.param(
            a_profile_manifest(**DELETING, status=ready("p1")), {SMALL, WEB}, id="being deleted"
        ),
        pytest.param(
            a_profile_manifest(generation=2, status=ready("p1")), {SMALL, WEB}, id="another spec"
        ),
    ],
)
async def test_a_change_of_the_profile_that_referrers_read_queues_them(
    recorded: RecordedCache, raw: Document, queued: set[Key]
) -> None:
    recorded.event(raw, uid="small-uid", resourceVersion="2")

    assert await recorded.queued() == queued


async def test_the_reply_to_the_operator_s_write_queues_only_referrers(
    recorded: RecordedCache,
) -> None:
    profile_ = a_profile_manifest(uid="small-uid", resourceVersion="2", status=ready("p9"))
    cluster_ = a_cluster_manifest(resourceVersion="2", status=ready("c9"))

    stored = recorded.cache.store_reply("SenlinCluster", cluster_)
    assert await recorded.queued() == set()
    recorded.cache.store_reply("SenlinProfile", profile_)
    assert await recorded.queued() == {WEB}

    assert recorded.cache.get(WEB) is stored
    assert stored.cloud_id == "c9"


async def test_the_watch_event_of_the_operator_s_write_queues_nothing(
    recorded: RecordedCache,
) -> None:
    raw = a_profile_manifest(uid="small-uid", resourceVersion="2", status=ready("p9"))
    recorded.cache.store_reply("SenlinProfile", raw)
    await recorded.queued()

    recorded.event(raw)

    assert await recorded.queued() == set()


@pytest.mark.parametrize("version", ["1", "0"])
async def test_an_older_version_is_ignored(recorded: RecordedCache, version: str) -> None:
    recorded.event(a_cluster_manifest(generation=2), resourceVersion=version)

    assert await recorded.queued() == set()
    assert recorded.cache.get(WEB).cloud_id == "c1"  # type: ignore[union-attr]


async def test_a_new_object_of_the_same_name_replaces_the_old_one(recorded: RecordedCache) -> None:
    recorded.event(a_cluster_manifest(), "ADDED", uid="new-uid", resourceVersion="0")

    assert await recorded.queued() == {WEB}
    assert list(recorded.cache.keys_of([UID, "c1"])) == []
    assert list(recorded.cache.keys_of(["new-uid"])) == [WEB]


async def test_a_deletion_queues_the_object_and_its_references(recorded: RecordedCache) -> None:
    recorded.event(a_cluster_manifest(), "DELETED")

    assert await recorded.queued() == {WEB, SMALL, SECRET_KEY}
    assert recorded.cache.get(WEB) is None
    assert recorded.cache.referrers(SMALL) == []
    assert list(recorded.cache.keys_of([UID, "c1"])) == []


async def test_a_deletion_queues_the_referrers(recorded: RecordedCache) -> None:
    recorded.event(a_profile_manifest(uid="small-uid"), "DELETED")

    assert await recorded.queued() == {SMALL, WEB, SECRET_KEY}


async def test_the_late_deletion_of_an_earlier_object_of_the_same_name_is_ignored(
    recorded: RecordedCache,
) -> None:
    recorded.event(a_cluster_manifest(), "DELETED", uid="old-uid")

    assert await recorded.queued() == set()
    assert recorded.cache.get(WEB) is not None


async def test_a_reply_after_the_deletion_does_not_restore_the_object(
    recorded: RecordedCache,
) -> None:
    deleted = a_cluster_manifest(deletionTimestamp=NOW, resourceVersion="2")
    recorded.event(deleted, "DELETED")

    recorded.cache.store_reply("SenlinCluster", deleted)

    assert recorded.cache.get(WEB) is None
    assert recorded.cache.referrers(SMALL) == []


async def test_a_reply_without_the_last_finalizer_removes_the_object(
    recorded: RecordedCache,
) -> None:
    recorded.cache.store_reply(
        "SenlinCluster", a_cluster_manifest(deletionTimestamp=NOW, resourceVersion="2")
    )

    assert recorded.cache.get(WEB) is None
    assert await recorded.queued() == {WEB, SMALL, SECRET_KEY}


async def test_another_reference_queues_the_old_one(recorded: RecordedCache) -> None:
    changed = {"profileRef": {"name": "big"}}

    recorded.event(a_cluster_manifest("web", changed, generation=2), resourceVersion="2")

    assert await recorded.queued() == {WEB, SMALL}
    assert (recorded.cache.referrers(SMALL), recorded.cache.referrers(BIG)) == ([], [WEB])


async def test_referrers_are_sorted(recorded: RecordedCache) -> None:
    recorded.event(a_cluster_manifest("shop", uid="shop-uid"), "ADDED")

    assert recorded.cache.referrers(SMALL) == [SHOP, WEB]
    assert recorded.cache.referrers(SECRET_KEY) == [SHOP, WEB, BIG, SMALL]
    assert recorded.cache.referrers(WEB) == []


async def test_a_profile_of_another_namespace_does_not_queue_the_cluster(
    recorded: RecordedCache,
) -> None:
    recorded.event(a_profile_manifest(), uid="x", namespace="other", resourceVersion="9")

    assert await recorded.queued() == {Key("SenlinProfile", "other", "small")}


async def test_a_change_of_the_secret_queues_its_referrers(recorded: RecordedCache) -> None:
    """Its content may be another one: that is not known."""
    recorded.event(a_secret_manifest(annotations={"a": "b"}), resourceVersion="2")

    assert await recorded.queued() == {SECRET_KEY, WEB, SMALL, BIG}


async def test_the_content_of_a_secret_is_not_cached(recorded: RecordedCache) -> None:
    cached = recorded.cache.get(SECRET_KEY)

    assert cached is not None
    assert cached.raw.keys() == {"metadata"}


@pytest.mark.parametrize(
    ("ids", "keys"),
    [
        (["c1"], [WEB]),
        ([UID], [WEB]),
        (["p2", "small-uid"], [BIG, SMALL]),
        (["unknown"], []),
    ],
)
async def test_cloud_ids_and_uids_lead_to_keys(
    recorded: RecordedCache, ids: list[str], keys: list[Key]
) -> None:
    assert list(recorded.cache.keys_of(ids)) == keys


async def test_a_new_cloud_id_replaces_the_old_one(recorded: RecordedCache) -> None:
    recorded.event(a_cluster_manifest(status=ready("c2")), resourceVersion="2")

    assert list(recorded.cache.keys_of(["c1"])) == []
    assert list(recorded.cache.keys_of(["c2"])) == [WEB]


async def test_every_object_with_the_same_cloud_id_is_found(recorded: RecordedCache) -> None:
    recorded.event(a_cluster_manifest("shop", uid="shop-uid", status=ready("c1")), "ADDED")
    assert set(recorded.cache.keys_of(["c1"])) == {WEB, SHOP}

    recorded.event(a_cluster_manifest("shop", uid="shop-uid", status=ready("c1")), "DELETED")
    assert set(recorded.cache.keys_of(["c1"])) == {WEB}


OWNER = a_resource(a_cluster_manifest())


def owned(uid: str = UID) -> Document:
    return {"ownerReferences": [{"kind": "SenlinCluster", "uid": uid, "controller": True}]}


async def test_dependents_are_found_by_their_owner(recorded: RecordedCache) -> None:
    recorded.event(a_profile_manifest("mine", uid="mine-uid", **owned()), "ADDED")
    recorded.event(a_profile_manifest("theirs", uid="theirs-uid", **owned("other")), "ADDED")

    assert recorded.cache.dependents(OWNER) == [Key("SenlinProfile", "team", "mine")]
    assert recorded.cache.dependents(a_resource(a_cluster_manifest(uid="unknown"))) == []


@pytest.mark.parametrize(
    ("kind", "namespace"),
    [
        pytest.param("SenlinCluster", "evil", id="an object of another namespace"),
        pytest.param("SenlinProfile", "team", id="an owner of another kind"),
    ],
)
async def test_a_uid_alone_makes_no_dependent(
    recorded: RecordedCache, kind: str, namespace: str
) -> None:
    reference = {"kind": kind, "uid": UID, "controller": True}
    raw = a_profile_manifest("forged", uid="forged-uid", ownerReferences=[reference])
    raw["metadata"]["namespace"] = namespace
    recorded.event(raw, "ADDED")
    await recorded.queued()

    recorded.event(raw, "DELETED")

    assert recorded.cache.dependents(OWNER) == []
    assert WEB not in await recorded.queued()


async def test_an_owners_marker_counts_for_the_kind_of_its_object(recorded: RecordedCache) -> None:
    assert recorded.cache.owner_of(Cluster, UID) == WEB
    assert recorded.cache.owner_of(Node, UID) is None
    assert recorded.cache.owner_of(Cluster, "secret-uid") is None
    assert recorded.cache.owner_of(Cluster, "unknown") is None


async def test_only_users_of_a_session_are_woken_by_what_its_cloud_lists(
    recorded: RecordedCache,
) -> None:
    recorded.event(a_cluster_manifest("shop", uid="shop-uid", status=ready("c1")), "ADDED")

    woken = recorded.cache.used_by(lambda uid: uid == "shop-uid", ["c1", UID, "small-uid"])

    assert set(woken) == {SHOP}


async def test_an_owner_reference_that_is_not_the_controller_makes_no_dependent(
    recorded: RecordedCache,
) -> None:
    reference = {"kind": "SenlinCluster", "uid": UID}
    recorded.event(a_profile_manifest("mine", uid="x", ownerReferences=[reference]), "ADDED")

    assert recorded.cache.dependents(OWNER) == []


async def test_a_deleted_dependent_queues_its_owner(recorded: RecordedCache) -> None:
    raw = a_profile_manifest("mine", uid="mine-uid", **owned())
    recorded.event(raw, "ADDED")
    await recorded.queued()

    recorded.event(raw, "DELETED")

    assert WEB in await recorded.queued()
    assert recorded.cache.dependents(OWNER) == []


IN_WEB = {"clusterRef": {"name": "web"}}


async def test_a_new_member_queues_its_cluster(recorded: RecordedCache) -> None:
    recorded.event(a_node_manifest(resource=IN_WEB, uid="one-uid"), "ADDED")

    assert await recorded.queued() == {ONE, WEB}
    assert recorded.cache.referrers(WEB) == [ONE]


async def test_a_member_that_leaves_queues_its_former_cluster(
    recorded: RecordedCache,
) -> None:
    recorded.event(a_node_manifest(resource=IN_WEB, uid="one-uid"), "ADDED")
    await recorded.queued()

    recorded.event(a_node_manifest(uid="one-uid", generation=2), resourceVersion="2")

    assert await recorded.queued() == {ONE, WEB}
    assert recorded.cache.referrers(WEB) == []


async def test_a_member_whose_deletion_begins_queues_its_cluster(recorded: RecordedCache) -> None:
    recorded.event(a_node_manifest(resource=IN_WEB, uid="one-uid", **WITH_FINALIZER), "ADDED")
    await recorded.queued()

    recorded.event(a_node_manifest(resource=IN_WEB, uid="one-uid", **DELETING), resourceVersion="2")

    assert await recorded.queued() == {ONE, WEB}


async def test_a_new_referrer_does_not_queue_a_profile(recorded: RecordedCache) -> None:
    recorded.event(a_node_manifest(uid="one-uid"), "ADDED")

    assert await recorded.queued() == {ONE}


async def test_an_object_whose_finalizer_is_removed_refers_to_nothing(
    recorded: RecordedCache,
) -> None:
    """In a foreground deletion it keeps another finalizer until its dependents are deleted."""
    raw = a_cluster_manifest(status=ready("c1"), **DELETING)
    recorded.event(raw, resourceVersion="2")
    assert recorded.cache.referrers(SMALL) == [WEB]
    await recorded.queued()
    metadata = {**raw["metadata"], "finalizers": ["foregroundDeletion"]}

    recorded.event({**raw, "metadata": metadata}, resourceVersion="3")

    assert recorded.cache.get(WEB) is not None
    assert recorded.cache.referrers(SMALL) == []
    assert WEB not in recorded.cache.referrers(SECRET_KEY)
    assert await recorded.queued() == {SMALL, SECRET_KEY}


async def test_a_list_has_what_is_not_in_it_forgotten() -> None:
    recorded = RecordedCache()
    for name, namespace, version in (
        ("kept", "team", "5"),
        ("vanished", "team", "5"),
        ("newer", "team", "8"),
        ("elsewhere", "other", "5"),
    ):
        raw = a_profile_manifest(name, uid=f"{name}-uid")
        recorded.event(raw, namespace=namespace, resourceVersion=version)
    recorded.event(a_cluster_manifest())
    await recorded.queued()

    recorded.cache.on_list("SenlinProfile", "team", 7, frozenset(["kept-uid"]))

    names = {it.key.name for it in recorded.cache.all()}
    assert names == {"kept", "newer", "elsewhere", "web"}
    assert await recorded.queued() == {Key("SenlinProfile", "team", "vanished")}

    recorded.cache.on_list("SenlinProfile", None, 9, frozenset())
    assert {it.key.name for it in recorded.cache.all()} == {"web"}
