"""Where a command of python-senlinclient does something else with the client, and why.

None of it is for the worse: an exit code changes only from 0 to 1, for what has failed.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Difference(NamedTuple):
    """What differs.

    Attributes:
        reason: Why.
        codes: The exit codes, with openstacksdk and with the client.
        theirs: What is printed with openstacksdk.
        ours: What is printed with the client.
    """

    reason: str
    codes: tuple[int, int]
    theirs: str
    ours: str


MISSING = "no-such-thing"
_AS_RESULT = "openstacksdk returns a refusal as the result, and the command takes it for one"
_FIRST = "openstacksdk sends a GET first, and has words of its own; here the server says it"
_UNKNOWN = "openstacksdk drops a filter that no object has, and lists everything"


def as_result(words: str, code: int = 0) -> Difference:
    return Difference(_AS_RESULT, (code, 1), "'code': 4", words)


def sent_first(words: str) -> Difference:
    return Difference(_FIRST, (1, 1), f"found for {MISSING}", words)


NO_CLUSTER = f"The cluster '{MISSING}' could not be found."
NO_POLICY = f"The specified policy '{MISSING}' could not be found."

DIFFERENCES: Mapping[str, Difference] = {
    "profile type show os.nova.server-1.0": Difference(
        "the order of the keys", (0, 0), "name: os.nova.server-1.0", "name: os.nova.server-1.0"
    ),
    "policy type show senlin.policy.scaling-1.0": Difference(
        "the order of the keys", (0, 0), "name: senlin.policy", "name: senlin.policy"
    ),
    "profile type ops no.such-1.0": Difference(
        _AS_RESULT, (0, 1), "code: 400", "The profile_type 'no.such-1.0' could not be found."
    ),
    "profile list --filters nosuch=1": Difference(
        _UNKNOWN, (0, 1), "medium", "A list of profiles has no 'nosuch'"
    ),
    "list --filters color=red": Difference(
        _UNKNOWN, (0, 1), "empty", "A list of clusters has no 'color'"
    ),
    "profile show '../policies'": Difference(
        "openstacksdk requests another path, and shows a profile without values",
        (0, 1),
        "| created_at | None |",
        "Profile not found: ../policies",
    ),
    f"check web {MISSING}": as_result(f"Cluster not found: {MISSING}"),
    f"recover {MISSING}": as_result(f"Cluster not found: {MISSING}"),
    "resize --capacity 99 --strict web": as_result("is greater than the cluster's max_size (6)."),
    f"resize --capacity 1 {MISSING}": sent_first(NO_CLUSTER),
    "expand --count 0 web": as_result("Count for scale-out request cannot be 0."),
    "expand --count many web": as_result("The value for count must be an integer: 'many'."),
    f"expand {MISSING}": sent_first(NO_CLUSTER),
    f"shrink {MISSING}": sent_first(NO_CLUSTER),
    "op --operation reboot --params type=NOSUCH web": Difference(
        "openstacksdk loses the parameters; Senlin refuses this one",
        (0, 1),
        "Request accepted by action",
        "'NOSUCH' must be one of the allowed values: SOFT, HARD.",
    ),
    "op --operation nosuch web": as_result("The requested operation 'nosuch' is not supported"),
    f"op --operation reboot {MISSING}": as_result(f"Cluster not found: {MISSING}"),
    f"node check {MISSING}": as_result(f"Node not found: {MISSING}"),
    f"node recover {MISSING}": as_result(f"Node not found: {MISSING}"),
    "node op --operation nosuch one": as_result("The requested operation 'nosuch' is not", 1),
    f"node op --operation reboot {MISSING}": as_result(f"Node not found: {MISSING}", 1),
    "members add --nodes one empty ": as_result("already owned by some cluster."),
    f"members add --nodes {MISSING} empty": as_result(f"Nodes not found: ['{MISSING}']."),
    f"members add --nodes one {MISSING}": sent_first(NO_CLUSTER),
    f"members replace --nodes one={MISSING} empty": as_result("Replacement nodes not found"),
    f"members del --nodes {MISSING} empty": as_result(f"Nodes not found: ['{MISSING}']."),
    f"members del --nodes one {MISSING}": sent_first(NO_CLUSTER),
    "members del --nodes one empty": as_result("Nodes not members of specified cluster"),
    f"policy attach --policy {MISSING} web": as_result(NO_POLICY),
    f"policy attach --policy grow {MISSING}": sent_first(NO_CLUSTER),
    f"policy binding list {MISSING}": sent_first(NO_CLUSTER),
    f"policy binding show --policy {MISSING} web": sent_first(
        f"The policy '{MISSING}' could not be found."
    ),
    f"policy binding update --policy {MISSING} --enabled false web": as_result(NO_POLICY),
    f"policy binding update --policy grow --enabled false {MISSING}": sent_first(NO_CLUSTER),
    "policy detach --policy grow web ": as_result("The policy 'grow' is not attached to the"),
    f"policy detach --policy grow {MISSING}": sent_first(NO_CLUSTER),
    "receiver create --type message mail": Difference(
        "None is left out of the request, which then fails where Zaqar is missing",
        (1, 1),
        "None is not one of",
        "An auth plugin is required",
    ),
}
