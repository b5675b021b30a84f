import time

import pytest

from openstack_clustering import Cluster, Profile, Proxy, Service, exceptions
from tests.unit.client.fake_cloud import ACTION_ID, ID, Answer, Cloud, cluster, error

NOT_FOUND = Answer(404, error(404, "ResourceNotFound", "It was deleted."))


def shows(**values: object) -> Answer:
    return Answer(body={"cluster": cluster(**values)})


def action(status: str, **values: object) -> Answer:
    document = {"id": ACTION_ID, "name": "a", "status": status, "target": ID, **values}
    document = {"action": "CLUSTER_DELETE", **document}
    return Answer(body={"action": {"depends_on": [], "status_reason": "Because.", **document}})


def test_present_status_takes_no_request(cloud: Cloud, proxy: Proxy) -> None:
    web = Cluster(cluster(status="Active"))

    assert proxy.wait_for_status(web, "aCTIVE") is web
    assert cloud.received() == []


def test_object_is_updated_until_it_has_the_status(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="CREATING"), shows(status="ACTIVE"))
    web = Cluster(cluster(status="INIT"))

    assert proxy.wait_for_status(web, "ACTIVE", interval=0) is web
    assert web.status == "ACTIVE"


def test_failure_status_raises_with_the_reason(cloud: Cloud, proxy: Proxy) -> None:
    answer = shows(status="ERROR", status_reason="No valid host.")
    cloud.answer("GET", f"/v1/clusters/{ID}", answer)

    with pytest.raises(exceptions.ResourceFailure, match="is ERROR: No valid host"):
        proxy.wait_for_status(Cluster({"id": ID, "status": None}), "ACTIVE", ["error"], interval=0)


def test_error_means_failure_by_default(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ERROR", status_reason="No host."))

    with pytest.raises(exceptions.ResourceFailure, match="is ERROR: No host"):
        proxy.wait_for_status(Cluster(cluster(status="INIT")), "ACTIVE")


def test_error_can_be_waited_for(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ERROR"))

    assert proxy.wait_for_status(Cluster(cluster()), "error").status == "ERROR"


@pytest.mark.parametrize("failures", [[], "WARNING"])
def test_given_failures_are_all_that_there_are(
    cloud: Cloud, proxy: Proxy, failures: list[str] | str
) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ERROR"), shows(status="ACTIVE"))

    web = Cluster(cluster(status="ERROR"))
    assert proxy.wait_for_status(web, "ACTIVE", failures, 0).status == "ACTIVE"


def test_known_failure_is_polled_again_before_it_counts(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ACTIVE"))

    proxy.wait_for_status(Cluster(cluster(status="ERROR")), "ACTIVE")  # it was repaired meanwhile


def test_status_is_noticed_when_it_is_fetched(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ACTIVE"))
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("SUCCEEDED"))
    started = time.monotonic()

    proxy.wait_for_status(Cluster(cluster(status="INIT")), "ACTIVE", interval=30)
    proxy.wait_for_action(ACTION_ID, interval=30)

    assert time.monotonic() - started < 10


def test_last_poll_counts_too(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="CREATING"), shows(status="ACTIVE"))
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("RUNNING"), action("SUCCEEDED"))

    proxy.wait_for_status(Cluster(cluster(status="INIT")), "ACTIVE", interval=30, wait=0.1)
    proxy.wait_for_action(ACTION_ID, interval=30, wait=0.1)


def test_wait_may_be_endless_and_the_interval_the_default(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="ACTIVE"), NOT_FOUND)
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("SUCCEEDED"))
    web = Cluster(cluster(status="INIT"))

    proxy.wait_for_status(web, "ACTIVE", None, None, None, "status", None)
    proxy.wait_for_delete(web, None, None, None)
    proxy.wait_for_action(ACTION_ID, interval=None, wait=None)


def test_another_value_can_be_waited_for_and_progress_is_reported(
    cloud: Cloud, proxy: Proxy
) -> None:
    answers = shows(name="old"), shows(name="old", progress=50), shows(name="new")
    cloud.answer("GET", f"/v1/clusters/{ID}", *answers)
    progress: list[int] = []

    proxy.wait_for_status(
        Cluster(cluster(name="old")),
        "new",
        interval=0,
        attribute="name",
        callback=progress.append,
    )

    assert progress == [0, 50]


def test_progress_of_a_deletion_is_reported(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(progress=20), NOT_FOUND)
    progress: list[int] = []

    proxy.wait_for_delete(Cluster(cluster()), 0, 20, progress.append)

    assert progress == [20]


@pytest.mark.parametrize("earlier", ["CLUSTER_CREATE", "CLUSTER_UPDATE"])
def test_deletion_is_judged_by_its_own_action_only(
    cloud: Cloud, proxy: Proxy, earlier: str
) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("FAILED", action=earlier))
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="DELETING"), NOT_FOUND)

    proxy.wait_for_delete(Cluster(cluster(), ACTION_ID), interval=0)


def test_missing_status_is_a_timeout(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="CREATING"))

    with pytest.raises(exceptions.ResourceTimeout) as caught:
        proxy.wait_for_status(Cluster({"id": ID}, ACTION_ID), "ACTIVE", interval=0, wait=0.05)

    assert str(caught.value) == (
        f"Cluster(name='web', id='{ID}', status='CREATING') is CREATING after 0.05 s, not ACTIVE. "
        f"Its action {ACTION_ID} may still be running."
    )


def test_deleted_object_is_not_found_by_wait_for_status(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", NOT_FOUND)

    with pytest.raises(exceptions.ResourceNotFound):
        proxy.wait_for_status(Cluster(cluster()), "ERROR", interval=0)


def test_kind_without_a_status_is_an_attribute_error(cloud: Cloud, proxy: Proxy) -> None:
    with pytest.raises(AttributeError, match="A Profile has no status"):
        proxy.wait_for_status(Profile({"id": ID}), "ACTIVE")

    assert cloud.received() == []


def test_kind_without_a_path_is_refused(proxy: Proxy) -> None:
    with pytest.raises(exceptions.InvalidIdentity, match="does not show a single Service"):
        proxy.wait_for_status(Service({"id": ID, "status": "enabled"}), "disabled")


def test_deletion_ends_with_a_404(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="DELETING"), NOT_FOUND)
    web = Cluster(cluster())

    assert proxy.wait_for_delete(web, interval=0) is web


def test_deletion_of_none_takes_no_request(cloud: Cloud, proxy: Proxy) -> None:
    assert proxy.wait_for_delete(None) is None
    assert cloud.received() == []


def test_deletion_of_a_kind_without_a_status_is_waited_for(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/profiles/{ID}", Answer(body={"profile": {"id": ID}}), NOT_FOUND)

    proxy.wait_for_delete(Profile({"id": ID}), interval=0)


def test_failed_deletion_is_noticed_by_its_action(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("RUNNING"), action("FAILED"))
    cloud.answer("GET", f"/v1/clusters/{ID}", shows(status="WARNING"))

    with pytest.raises(exceptions.ResourceFailure, match="is FAILED: Because"):
        proxy.wait_for_delete(Cluster(cluster(), ACTION_ID), interval=0)


def test_failed_deletion_is_noticed_by_the_status(cloud: Cloud, proxy: Proxy) -> None:
    answers = shows(status="DELETING"), shows(status="WARNING", status_reason="Refused.")
    cloud.answer("GET", f"/v1/clusters/{ID}", *answers)

    with pytest.raises(exceptions.ResourceFailure, match="is WARNING: Refused"):
        proxy.wait_for_delete(Cluster(cluster()), interval=0)


def test_deletion_by_name_is_polled_by_id(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("SUCCEEDED"))
    cloud.answer("GET", f"/v1/clusters/{ID}", NOT_FOUND)

    proxy.wait_for_delete(Cluster({"name": "web"}, ACTION_ID), interval=0)

    assert cloud.received()[-1].path == f"/v1/clusters/{ID}"


def test_deletion_whose_action_was_purged_is_noticed_by_the_object(
    cloud: Cloud, proxy: Proxy
) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", NOT_FOUND)
    cloud.answer("GET", f"/v1/clusters/{ID}", NOT_FOUND)

    proxy.wait_for_delete(Cluster(cluster(), ACTION_ID), interval=0)


def test_hanging_deletion_is_a_timeout(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("RUNNING"))

    with pytest.raises(exceptions.ResourceTimeout, match=r"not deleted\. Its action"):
        proxy.wait_for_delete(Cluster(cluster(), ACTION_ID), interval=0, wait=0.03)


@pytest.mark.parametrize("named", [ACTION_ID, {"action": ACTION_ID}])
def test_wait_for_action_polls_until_its_end(
    cloud: Cloud, proxy: Proxy, named: str | dict[str, str]
) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("WAITING"), action("SUCCEEDED"))

    assert proxy.wait_for_action(named, interval=0).status == "SUCCEEDED"


def test_failed_action_has_not_ended_while_its_children_run(cloud: Cloud, proxy: Proxy) -> None:
    answers = action("FAILED", depends_on=["x"]), action("FAILED", depends_on=[])
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", *answers)

    with pytest.raises(exceptions.ResourceFailure, match="is FAILED: Because"):
        proxy.wait_for_action(ACTION_ID, interval=0)

    assert len(cloud.received()) == 2


def test_action_that_does_not_end_is_a_timeout(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", action("RUNNING"))

    with pytest.raises(exceptions.ResourceTimeout, match=r"is RUNNING after 0\.03 s, not ended"):
        proxy.wait_for_action(ACTION_ID, interval=0, wait=0.03)
