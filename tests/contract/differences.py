"""Where a side does not answer as Senlin 16 over a real cloud does, and why that may be.

A side that gives the answer after all fails the test, until its entry is removed.
"""

from collections.abc import Mapping

from tests.contract.scenario import SCENARIOS, Side
from tests.contract.scenarios import texts

_FAKE = {
    "a policy with a property that does not exist: it is refused by 500, as ESchema": (
        "The fake knows no schemas; a test that needs the refusal puts it into `refusals`."
    ),
    "policies that have actions sleep: how long they do if nothing is said": (
        "The fake describes no types, as the operator asks for none."
    ),
    "the time of a policy's creation: a reply ends in Z, a list has microseconds and no zone": (
        "The fake's policies have no times; test_policy_kind gives the operator both forms."
    ),
    "a node leaves under a deletion policy that says nothing of servers: its server is destroyed": (
        "test_member_properties has nodes leave without asking for the cluster's policies first, "
        "which the operator does; it would lose servers. The fake heeds what a policy says."
    ),
}

_OWN_WORDS = "The fake has reasons of its own, as the operator only passes them on."
_FAKE |= {it.title: _OWN_WORDS for it in SCENARIOS if it.story.__module__ == texts.__name__}
_SIMULATION: Mapping[str, str] = {}

DIFFERENCES: Mapping[Side, Mapping[str, str]] = {
    "fake": _FAKE,
    "simulation": _SIMULATION,
    "real": {},
}
