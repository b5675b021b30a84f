"""Hostile tenants whose clouds do not answer; beside them a good one goes on as if alone."""

import time
from statistics import median

import pytest

from tests.tenants.crowd import Crowd
from tests.tenants.hostile_cloud import Drip, HostileCloud, Silence

SAMPLES = 5
TRIES = 3
MORE = 1.0  # seconds that others may cost, by what is promised
# Threads of the operator beside those of sessions, and those of a session.
USUAL, OF_SESSION = 20, 12


def typical(crowd: Crowd, name: str) -> float:
    """Return how long a new profile of the good tenant takes: the median of a few."""
    return median(crowd.seconds_until_ready(f"{name}-{at}") for at in range(SAMPLES))


def goes_on(crowd: Crowd, alone: float, beside: str) -> bool:
    """Return whether others cost no more than they may.

    It has a few tries: a machine at work may hold up one of them, hostile tenants hold up all.
    """
    return any(typical(crowd, f"{beside}-{at}") < alone + MORE for at in range(TRIES))


@pytest.mark.slow
def test_500_resources_of_a_cloud_that_never_answers_cost_others_nothing(
    crowd: Crowd, cloud: HostileCloud
) -> None:
    """In one namespace with one credential, then with many, then in 20 namespaces."""
    one, *others = crowd.hostile
    cloud.does("POST", "/v1/profiles", Silence())
    cloud.does("DELETE", ".*", Silence())
    alone = typical(crowd, "alone")

    crowd.make(one, cloud, [f"cloud-{at}" for at in range(50)])
    crowd.profiles(one, "cloud-0", 500)
    assert goes_on(crowd, alone, beside="one-credential")

    for at in range(1, 50):
        crowd.profiles(one, f"cloud-{at}", 10)
    assert goes_on(crowd, alone, beside="many-credentials")

    for namespace in others:
        crowd.make(namespace, cloud, ["cloud"])
        crowd.profiles(namespace, "cloud", 25)
    assert goes_on(crowd, alone, beside="many-namespaces")
    assert crowd.operator.threads < USUAL + OF_SESSION * (8 + len(others) + 1)
    assert cloud.requests["POST", "/v1/profiles"] > 100  # they hang


@pytest.mark.slow
def test_a_cloud_that_answers_by_drips_does_not_hold_up_the_end_of_the_process(
    crowd: Crowd, cloud: HostileCloud
) -> None:
    login = ("POST", "/v3/auth/tokens")
    cloud.does(*login, Drip())
    for namespace in crowd.hostile:
        crowd.make(namespace, cloud, ["cloud"])
        crowd.profiles(namespace, "cloud", 1)
    crowd.good.eventually(lambda: cloud.requests[login] >= len(crowd.hostile), "under way")

    began = time.monotonic()
    assert crowd.operator.stop() == 0

    assert time.monotonic() - began < 15
