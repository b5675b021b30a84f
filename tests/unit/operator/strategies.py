"""What may be wanted of a cluster, and what may happen to it."""

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
def specs(draw: st.DrawFn) -> Desired:
    """Return what a valid manifest may say."""
    least = draw(st.integers(0, 3))
    desired = draw(st.integers(least, 6))
    most = draw(st.sampled_from([-1, *range(max(desired, 1), 9)]))
    return Desired(
        name=draw(names),
        profile_id=draw(st.sampled_from(PROFILES)),
        min_size=least,
        max_size=most,
        desired_capacity=desired,
        timeout=draw(st.sampled_from([60, 3600])),
        metadata=draw(maps),
        config=draw(maps),
        policies=draw(policies),
        remediation=draw(remediations),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Return what Senlin may say of a cluster: likely or not."""
    nodes = draw(st.integers(0, 6))
    active = draw(st.integers(0, nodes))
    ids = [f"n{number}" for number in range(nodes)]
    some = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    return Observed(
        id="ours",
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
        profile_mismatch=tuple(draw(some)),
        policies=draw(policies.map(lambda it: it or ())),
        duplicates=tuple(draw(st.sets(st.sampled_from(["twin-1", "twin-2"])))),
    )


@st.composite
def memberships(draw: st.DrawFn) -> Desired:
    """Return a spec of which some nodes are declared, and some are to leave."""
    declared = draw(st.sets(uids))
    leaving = draw(st.sets(uids)) - declared
    return replace(draw(specs()), declared={it: it for it in declared}, leaving=frozenset(leaving))


def as_wanted(spec: Desired, **differences: Any) -> Observed:
    """Return the cluster that a spec asks for."""
    fields = {
        "name": spec.name,
        "profile_id": spec.profile_id,
        "min_size": spec.min_size,
        "max_size": spec.max_size,
        "desired_capacity": spec.desired_capacity,
        "timeout": spec.timeout,
        "metadata": {**spec.metadata, OWNER_KEY: "our uid"},
        "config": dict(spec.config),
        "nodes": spec.desired_capacity,
        "active": spec.desired_capacity,
        "policies": spec.policies or (),
    }
    return Observed(id="ours", **{**fields, **differences})


def _edit(name: str) -> Event:
    def edit(senlin: FakeSenlin, id_: str) -> None:
        senlin.update_cluster(id_, name=name, metadata={"by": "others"}, timeout=1)

    return edit


def _resize(number: int) -> Event:
    def resize(senlin: FakeSenlin, id_: str) -> None:
        senlin.resize_cluster(id_, "EXACT_CAPACITY", number, min(number, 1), -1)

    return resize


# What people and scaling policies do behind the operator's back.
interference = st.lists(
    st.one_of(st.builds(_edit, names), st.builds(_resize, st.integers(0, 6))), max_size=3
)
