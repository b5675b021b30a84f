"""Long lists, in one reply and in pages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from openstack_clustering import Connection, Policy, Proxy
from openstack_clustering.queries import PolicyQuery
from sandbox import Sandbox
from tests.client.factories import SCALING

pytestmark = pytest.mark.slow  # a thousand objects are created for them

MANY = 1000


@pytest.fixture(scope="module")
def many(sandbox: Sandbox) -> Iterator[tuple[Proxy, str, set[str]]]:
    """Many policies in a project of their own: the proxy, their name, their ids."""
    name = f"many-{uuid4().hex[:8]}"
    caller = f"lists-{name}"
    with (
        Connection(clouds=sandbox.clouds("green-2"), app_name=caller) as connection,
        ThreadPoolExecutor(4) as pool,
    ):
        senlin = connection.cluster

        def make(_: int) -> Policy:
            return senlin.create_policy(name=name, spec=SCALING)

        made = list(pool.map(make, range(MANY)))
        yield senlin, name, {policy.id for policy in made}
        list(pool.map(senlin.delete_policy, made))


Many = tuple[Proxy, str, set[str]]


def count_requests(sandbox: Sandbox, name: str) -> int:
    return len(sandbox.senlin.requests(f"lists-{name}", method="GET", path="/policies"))


@pytest.mark.parametrize(
    ("limit", "requests"), [(None, 1), (100, 11), (300, 4), (999, 2), (1000, 2), (5000, 1)]
)
def test_thousand_objects_are_listed_once_each(
    sandbox: Sandbox, many: Many, limit: int | None, requests: int
) -> None:
    senlin, name, ids = many
    before = count_requests(sandbox, name)

    query: PolicyQuery = {"name": name} if limit is None else {"name": name, "limit": limit}
    found = [policy.id for policy in senlin.policies(**query)]

    assert len(found) == MANY
    assert set(found) == ids
    assert count_requests(sandbox, name) - before == requests


def test_pages_are_fetched_as_they_are_needed(sandbox: Sandbox, many: Many) -> None:
    senlin, name, _ = many
    before = count_requests(sandbox, name)

    pages = senlin.policies(name=name, limit=50)
    assert count_requests(sandbox, name) == before
    first = [next(pages).id for _ in range(50)]
    assert count_requests(sandbox, name) == before + 1
    next(pages)
    assert count_requests(sandbox, name) == before + 2

    after = next(senlin.policies(name=name, marker=first[9], limit=1))
    assert after.id == first[10]


def test_nothing_is_lost_when_the_marker_is_deleted_meanwhile(many: Many) -> None:
    senlin, name, ids = many
    pages = senlin.policies(name=name, limit=250, sort="created_at")
    found = [next(pages) for _ in range(250)]
    senlin.delete_policy(found[-1])

    found += pages

    assert {policy.id for policy in found} == ids
    assert len(found) == MANY
    ids.remove(found[249].id)
    ids.add(senlin.create_policy(name=name, spec=SCALING).id)
