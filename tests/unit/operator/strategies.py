"""Desired and observed states of clusters, and changes that others make."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.fake_senlin import FakeSenlin

PROFILES = ("p1", "p2")
POLICIES = ("deletion", "scaling", "health")  # by id; the types follow from them
UIDS = ("uid-a", "uid-b", "uid-c")
Event = Callable[[FakeSenlin, str], None]

names = st.sampled_from(["web", "shop", "x.y~z"])
uids = st.sampled_from(UIDS)
maps = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"]), max_size=3)
bindings = st.builds(
    lambda id_, on: Binding(id_, id_, on, f"senlin.policy.{id_}-1.0"),
    st.sampled_from(POLICIES),
    st.booleans(),
)
policies = st.none() | st.lists(bindings, max_size=3, unique_by=lambda it: it.policy_id).map(tuple)
remediations = st.builds(
    Remediation,
    recover=st.booleans(),
    operation=st.sampled_from(["RECREATE", "REBOOT"]),
    max_unhealthy=st.sampled_from(["100%", "40%", "1", "0"]),
)


@st.composite
def desired_states(draw: st.DrawFn) -> Desired:
    """Return any desired state that a valid manifest may have."""
    min_size = draw(st.integers(0, 3))
    capacity = draw(st.integers(min_size, 6))
    max_size = draw(st.sampled_from([-1, *range(max(capacity, 1), 9)]))
    return Desired(
        name=draw(names),
        profile_id=draw(st.sampled_from(PROFILES)),
        min_size=min_size,
        max_size=max_size,
        desired_capacity=capacity,
        timeout=draw(st.sampled_from([60, 3600])),
        metadata=draw(maps),
        config=draw(maps),
        policies=draw(policies),
        remediation=draw(remediations),
        replaces=draw(st.booleans()),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Return any state that Senlin may report of a cluster, likely or not."""
    nodes = draw(st.integers(0, 6))
    active = draw(st.integers(0, nodes))
    ids = [f"n{number}" for number in range(nodes)]
    some = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    return Observed(
        id="c1",
        name=draw(names),
        profile_id=draw(st.sampled_from(PROFILES)),
        min_size=draw(st.integers(0, 6)),
        max_size=draw(st.integers(-1, 6)),
        desired_capacity=draw(st.integers(0, 6)),
        status=draw(st.sampled_from(["ACTIVE", "WARNING", "ERROR", "CREATING"])),
        timeout=draw(st.sampled_from([60, 3600])),
        metadata=draw(maps) | {OWNER_KEY: "our uid"},
        config=draw(maps),
        nodes=nodes,
        active=active,
        unbuilt=draw(st.integers(0, nodes - active)),
        removal_order=tuple(ids),
        members_by_owner=dict(zip(UIDS, draw(some), strict=False)),
        serverless=frozenset(draw(some)),
        profile_mismatch=dict.fromkeys(draw(some), "p9"),
        policies=draw(policies.map(lambda it: it or ())),
        duplicates=tuple(draw(st.sets(st.sampled_from(["duplicate-1", "duplicate-2"])))),
    )


@st.composite
def memberships(draw: st.DrawFn) -> Desired:
    """Return a desired state with some declared members, and some that should leave."""
    declared = draw(st.sets(uids))
    leaving = draw(st.sets(uids)) - declared
    return replace(
        draw(desired_states()), declared={it: it for it in declared}, leaving=frozenset(leaving)
    )


def as_desired(desired: Desired, **differences: Any) -> Observed:
    """Return the observed state that a desired state asks for."""
    fields = {
        "name": desired.name,
        "profile_id": desired.profile_id,
        "min_size": desired.min_size,
        "max_size": desired.max_size,
        "desired_capacity": desired.desired_capacity,
        "timeout": desired.timeout,
        "metadata": {**desired.metadata, OWNER_KEY: "our uid"},
        "config": dict(desired.config),
        "nodes": desired.desired_capacity,
        "active": desired.desired_capacity,
        "policies": desired.policies or (),
    }
    return Observed(id="c1", **{**fields, **differences})


def _edit(name: str) -> Event:
    def edit(senlin: FakeSenlin, id_: str) -> None:
        senlin.update_cluster(id_, name=name, metadata={"by": "others"}, timeout=1)

    return edit


def _resize(number: int) -> Event:
    def resize(senlin: FakeSenlin, id_: str) -> None:
        senlin.resize_to(id_, number, min(number, 1), -1)

    return resize


# What people and scaling policies change without the operator.
interference = st.lists(
    st.one_of(st.builds(_edit, names), st.builds(_resize, st.integers(0, 6))), max_size=3
)
