"""What is run of `openstack cluster`: each of the plugin's 60 commands, success and refusal.

A command may keep the first id that it prints: `{name}` stands for it in later ones, `{name8}` for
its first eight digits, as the lists print them.
"""

from typing import NamedTuple

from tests.programs.differences import MISSING


class Command(NamedTuple):
    """The words after `openstack cluster`.

    Attributes:
        line: The words.
        keep: The name of what is kept.
        settled: Whether the actions of the command have to end before the next one.
    """

    line: str
    keep: str = ""
    settled: bool = True


ALL = "--full-id -f value -c id"

TYPES = [
    Command("build info"),
    Command("service list"),
    Command("profile type list"),
    Command("profile type show os.nova.server-1.0"),
    Command("profile type show no.such-1.0"),
    Command("profile type ops os.nova.server-1.0"),
    Command("profile type ops no.such-1.0"),
    Command("policy type list"),
    Command("policy type show senlin.policy.scaling-1.0"),
    Command("policy type show no.such-1.0"),
]
PROFILES = [
    Command("profile create --spec-file server.yaml --metadata a=1;b=2 small", "small"),
    Command("profile create --spec-file larger.yaml medium", "medium"),
    Command("profile create --spec-file invalid.yaml invalid"),
    Command("profile create --spec-file missing.yaml missing"),
    Command("profile create --spec-file unknown.yaml unknown"),
    Command("profile validate --spec-file server.yaml"),
    Command("profile validate --spec-file invalid.yaml"),
    Command("profile list"),
    Command("profile list --full-id --sort name:desc"),
    Command("profile list --filters name=small"),
    Command("profile list --limit 1"),
    Command("profile list --limit many"),
    Command("profile list --limit -1"),
    Command("profile list --marker {small}"),
    Command("profile list --sort nosuch"),
    Command("profile list --filters nosuch=1"),
    Command("profile list --global-project"),
    Command("profile show small"),
    Command("profile show {small}"),
    Command("profile show {small8}"),
    Command(f"profile show {MISSING}"),
    Command("profile show '../policies'"),
    Command("profile update --name tiny small"),
    Command("profile update --name small --metadata c=3 {small8}"),
    Command("profile update --name small small"),
    Command(f"profile update --name x {MISSING}"),
    Command("profile create --spec-file server.yaml short-lived", "doomed"),
    Command("profile delete --force {doomed8}"),
    Command(f"profile delete --force {MISSING}"),
]
POLICIES = [
    Command("policy create --spec-file scaling.yaml grow", "grow"),
    Command("policy create --spec-file deletion.yaml oldest", "oldest"),
    Command("policy create --spec-file broken.yaml broken"),
    Command("policy validate --spec-file scaling.yaml"),
    Command("policy validate --spec-file broken.yaml"),
    Command("policy list"),
    Command("policy list --full-id --sort name:desc --limit 1"),
    Command("policy list --filters name=grow"),
    Command("policy list --global-project"),
    Command("policy show grow"),
    Command("policy show {grow8}"),
    Command(f"policy show {MISSING}"),
    Command("policy update --name shrink grow"),
    Command("policy update --name grow {grow8}"),
    Command("policy update --name grow grow"),
    Command(f"policy update --name x {MISSING}"),
    Command("policy create --spec-file scaling.yaml short-lived", "doomed"),
    Command("policy delete --force {doomed8}"),
    Command(f"policy delete --force {MISSING}"),
]
CLUSTERS = [
    Command(
        "create --profile small --min-size 0 --max-size 6 --desired-capacity 2 --timeout 600 "
        "--metadata a=b --config x=y web",
        "web",
    ),
    Command("create --profile {small8} --desired-capacity 0 empty", "empty"),
    Command(f"create --profile {MISSING} x"),
    Command("create --profile small --desired-capacity 9 --max-size 3 x"),
    Command("create --profile small --desired-capacity many x"),
    Command("list"),
    Command("list --full-id --sort name:desc"),
    Command("list --filters name=web;status=ACTIVE"),
    Command("list --filters status=SLEEPY"),
    Command("list --filters color=red"),
    Command("list --filters profile_name=small"),
    Command("list --limit 1"),
    Command("list --limit many"),
    Command("list --marker nosuch"),
    Command("list --global-project"),
    Command("show web"),
    Command("show {web8}"),
    Command(f"show {MISSING}"),
    Command("show 'no such'"),
    Command("update --name site --metadata c=d web"),
    Command("update --name web --profile {medium8} --profile-only true {web8}"),
    Command("update --config x=z web"),
    Command("update --name web web"),
    Command(f"update --name x {MISSING}"),
    Command(f"update --profile {MISSING} web"),
    Command("check web"),
    Command(f"check web {MISSING}"),
    Command("recover --check true web"),
    Command(f"recover {MISSING}"),
    Command("resize --capacity 3 web"),
    Command("resize --adjustment 1 web"),
    Command("resize --percentage 50 --min-step 1 web"),
    Command("resize --capacity 99 --strict web"),
    Command("resize --min-size 1 --max-size 8 web"),
    Command("resize --capacity 1 --adjustment 1 web"),
    Command(f"resize --capacity 1 {MISSING}"),
    Command("shrink --count 3 web"),
    Command("shrink --count 99 web"),
    Command("expand {web8}"),
    Command("expand --count 0 web"),
    Command("expand --count many web"),
    Command(f"expand {MISSING}"),
    Command(f"shrink {MISSING}"),
    Command("collect --path status web"),
    Command("collect --full-id --path name {web8}"),
    Command("collect --path nosuch web"),
    Command(f"collect --path status {MISSING}"),
    Command("op --operation reboot --params type=SOFT web"),
    Command("op --operation reboot --params type=NOSUCH web"),
    Command("op --operation nosuch web"),
    Command(f"op --operation reboot {MISSING}"),
    Command("run --script script.sh empty"),
    Command(f"run --script script.sh {MISSING}"),
]
MEMBERS = [
    Command("node create --profile small --role db --metadata a=b one", "one"),
    Command("node create --profile small two", "two"),
    Command("node create --profile small --cluster empty member", "member"),
    Command(f"node create --profile {MISSING} x"),
    Command("node list -c status -c tainted"),
    Command("node list --full-id --sort name:desc --filters name=one"),
    Command("node list --cluster empty"),
    Command("node list --cluster {empty8} --full-id"),
    Command("node list --filters name=one --limit 1"),
    Command("node list --filters status=SLEEPY"),
    Command(f"node list --cluster {MISSING}"),
    Command("node list --global-project"),
    Command("node show one"),
    Command("node show --details {one8}"),
    Command(f"node show {MISSING}"),
    Command("node update --name first --role web --metadata c=d one"),
    Command("node update --name one --tainted true {one8}"),
    Command("node update --name one one"),
    Command(f"node update --name x {MISSING}"),
    Command("node check one two"),
    Command(f"node check {MISSING}"),
    Command("node recover --check true one"),
    Command(f"node recover {MISSING}"),
    Command("node op --operation reboot --params type=SOFT one"),
    Command("node op --operation nosuch one"),
    Command(f"node op --operation reboot {MISSING}"),
    Command("node adopt --type os.nova.server-1.0 --identity {physical} --preview"),
    Command(f"node adopt --type os.nova.server-1.0 --identity {MISSING} --name adopted"),
    Command("node adopt --type no.such-1.0 --identity x --name adopted"),
    Command("members list empty"),
    Command("members list --full-id --filters status=ACTIVE {empty8}"),
    Command(f"members list {MISSING}"),
    Command("members add --nodes one empty"),
    Command("members add --nodes one empty "),
    Command(f"members add --nodes {MISSING} empty"),
    Command(f"members add --nodes one {MISSING}"),
    Command("members replace --nodes {one}={two} {empty8}"),
    Command(f"members replace --nodes one={MISSING} empty"),
    Command("members del --nodes {two8} empty"),
    Command("members del --nodes {member} -d true --wait empty"),
    Command(f"members del --nodes {MISSING} empty"),
    Command(f"members del --nodes one {MISSING}"),
    Command("node delete --force two"),
    Command("members list --filters name=one empty"),
    Command("members del --nodes one empty"),
    Command("node delete --force --force-delete one"),
    Command(f"node delete --force {MISSING}"),
]
BINDINGS = [
    Command("policy attach --policy grow web"),
    Command("policy attach --policy {oldest8} --enabled false {web8}"),
    Command("policy attach --policy grow web "),
    Command(f"policy attach --policy {MISSING} web"),
    Command(f"policy attach --policy grow {MISSING}"),
    Command("policy binding list --sort enabled web"),
    Command("policy binding list --full-id --sort enabled {web8}"),
    Command("policy binding list --filters policy_name=grow web"),
    Command(f"policy binding list {MISSING}"),
    Command("policy binding show --policy grow web"),
    Command("policy binding show --policy {grow8} {web8}"),
    Command(f"policy binding show --policy {MISSING} web"),
    Command("policy binding update --policy grow --enabled false web"),
    Command(f"policy binding update --policy {MISSING} --enabled false web"),
    Command(f"policy binding update --policy grow --enabled false {MISSING}"),
    Command("policy delete --force grow"),
    Command("policy detach --policy grow web"),
    Command("policy detach --policy {oldest8} --wait {web8}"),
    Command("policy detach --policy grow web "),
    Command(f"policy detach --policy grow {MISSING}"),
]
RECEIVERS = [
    Command(
        "receiver create --cluster web --action CLUSTER_SCALE_OUT --params count=1 hook", "hook"
    ),
    Command("receiver create --type message mail"),
    Command(f"receiver create --cluster {MISSING} --action CLUSTER_SCALE_OUT x"),
    Command("receiver create --cluster web --action CLUSTER_EXPLODE x"),
    Command("receiver create --type pigeon x"),
    Command("receiver list"),
    Command("receiver list --full-id --filters type=webhook --sort name"),
    Command("receiver list --global-project"),
    Command("receiver show hook"),
    Command("receiver show {hook8}"),
    Command(f"receiver show {MISSING}"),
    Command("receiver update --name bell --params count=2 hook"),
    Command("receiver update --name hook {hook8}"),
    Command(f"receiver update --name x {MISSING}"),
    Command("receiver delete --force hook"),
    Command(f"receiver delete --force {MISSING}"),
]
RECORDS = [
    Command("action list --filters target={empty} --sort created_at"),
    Command(f"action list --filters action=CLUSTER_CREATE;target={{web}} {ALL}", "creation"),
    Command("action list --filters status=SLEEPY"),
    Command("action list --filters action=CLUSTER_CREATE --limit 1 --sort status -c action"),
    Command("action list --global-project"),
    Command("action show {creation}"),
    Command(f"action show {MISSING}"),
    Command("action update --status CANCELLED {creation}"),
    Command("node create --profile small slow-one", settled=False),
    Command(
        f"action list --filters action=NODE_CREATE;status=RUNNING {ALL}", "running", settled=False
    ),
    Command("action update --status CANCELLED {running}"),
    Command("action update --status SLEEPY {creation}"),
    Command(f"action update --status CANCELLED {MISSING}"),
    Command("event list --filters obj_id={empty} --sort timestamp"),
    Command(f"event list --filters obj_id={{web}};action=CLUSTER_CREATE --limit 1 {ALL}", "event"),
    Command("event list --filters level=LOUD"),
    Command("event list --global-project"),
    Command("event show {event}"),
    Command(f"event show {MISSING}"),
]
ENDS = [
    Command("profile delete --force small"),
    Command("delete --force empty"),
    Command("delete --force --wait {web8}"),
    Command("create --profile small --desired-capacity 1 last", "last"),
    Command("delete --force --force-delete {last}"),
    Command(f"delete --force {MISSING}"),
    Command("list "),
    Command("node list "),
    Command(
        "--os-cloud admin service list -c binary -c status -c state"
    ),  # the last: the login stays
]
COMMANDS = [
    *TYPES, *PROFILES, *POLICIES, *CLUSTERS, *MEMBERS, *BINDINGS, *RECEIVERS, *RECORDS, *ENDS
]  # fmt: skip
