"""Where the fake Senlin does not answer as Senlin does, and why that may be.

A fake that gives Senlin's answer after all fails the test, until its entry is removed.
"""

DIFFERENCES = {
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
