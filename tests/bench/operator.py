"""What the operator costs: counts and ratios of one run, never seconds to hold it to.

Kubernetes writes come from the audit log, Senlin's requests from the proxy before it.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openstack_clustering import Connection, Proxy
from sandbox import Sandbox
from sandbox.proxy.faults import Request
from tests.operator.world import Document, World, is_ready, ticks

CALLER = "senlin-operator"
FLEET = 50
THREADS = 8  # of the script, and of the operator for one credential
MINUTE = 60.0


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory, Sandbox.up(audit=True) as sandbox:
        sandbox.apply_crds()
        world = World(sandbox, "default", Path(directory) / "operator.log")
        world.operator.start("--inventory-interval", "30")
        try:
            world.apply(world.secret(), world.profile())
            world.ready("SenlinProfile", "web-server")
            one_cluster(world)
            fleets(world)
        finally:
            world.operator.stop()


def one_cluster(world: World) -> None:
    """Count what one cluster costs."""
    print("\nOne cluster               writes  events  Senlin requests, but for the shared lists")
    steps: Iterable[tuple[str, Callable[[], object]]] = (
        ("creation (budget 3)", lambda: (world.apply(world.cluster()), world.ready())),
        (
            "change of size (budget 2)",
            lambda: (world.kubectl("scale", "senlincluster/web", "--replicas=5"), world.ready()),
        ),
        (
            "deletion (budget 1)",
            lambda: (world.delete("senlincluster/web"), world.gone("SenlinCluster", "web")),
        ),
    )
    for name, step in steps:
        before = writes(world.sandbox)
        world.sandbox.senlin.clear()
        step()
        time.sleep(3)  # what comes late counts, too
        spent = writes(world.sandbox) - before
        own = [f"{it.method} {it.path}" for it in requests(world) if not is_shared(it)]
        objects = sum(number for what, number in spent.items() if what != "events")
        print(f"{name:26} {objects:5}   {spent['events']:5}   {', '.join(own)}")


def fleets(world: World) -> None:
    """Compare few settled clusters with many, and the operator with a bare script."""
    few = [fleet_member(world, number) for number in range(5)]
    apply_and_wait(world, few)
    settled = {5: requests_a_minute(world)}
    many = [fleet_member(world, number) for number in range(5, FLEET + 5)]
    operator = apply_and_wait(world, many)
    settled[FLEET + 5] = requests_a_minute(world)
    for size, (asked, written) in settled.items():
        print(f"{size} settled clusters, one minute: {asked} Senlin requests, {written} writes")
    began = time.monotonic()
    world.delete(*(f"senlincluster/{it['metadata']['name']}" for it in many))
    for _ in ticks(120, pause=1):  # as often as the script looks
        if len(world.clusters()) == len(few):
            break
    deletion = time.monotonic() - began
    made, removed = script(world)
    print(f"{FLEET} clusters at once, over a bare script of {THREADS} threads: ", end="")
    print(f"creation {operator / made:.2f}, deletion {deletion / removed:.2f} (budget 1.10)")


def script(world: World) -> tuple[float, float]:
    """Do the same without Kubernetes; return the seconds for creation and deletion."""
    profile = world.get("SenlinProfile", "web-server")
    assert profile
    senlin = Connection(
        "openstack", clouds=world.sandbox.clouds(), pool_size=THREADS, app_name="script"
    ).cluster

    def create(number: int) -> str:
        body = {"name": f"script-{number}", "desired_capacity": 1, "min_size": 1, "max_size": 5}
        return senlin.create_cluster(profile_id=profile["status"]["id"], **body).id

    with ThreadPoolExecutor(THREADS) as pool:
        began = time.monotonic()
        ids = set(pool.map(create, range(FLEET)))
        wait_for(senlin, lambda found: sum(found.get(id_) == "ACTIVE" for id_ in ids) == FLEET)
        made = time.monotonic() - began
        began = time.monotonic()
        list(pool.map(senlin.delete_cluster, ids))
        wait_for(senlin, lambda found: not ids & found.keys())
        return made, time.monotonic() - began


def wait_for(senlin: Proxy, holds: Callable[[dict[str, str]], bool]) -> None:
    for _ in ticks(300, pause=1):
        if holds({cluster.id: cluster.status for cluster in senlin.clusters()}):
            return
    raise AssertionError("the script's clusters are not what they should be")


def apply_and_wait(world: World, documents: list[Document]) -> float:
    """Return the seconds until all of them are Ready."""
    began = time.monotonic()
    world.apply(*documents)
    names = {document["metadata"]["name"] for document in documents}
    for _ in ticks(300, pause=0.2):
        found = world.all_of("SenlinCluster")
        if names <= {it["metadata"]["name"] for it in found if is_ready(it)}:
            return time.monotonic() - began
    raise AssertionError(world.tail())


def fleet_member(world: World, number: int) -> Document:
    return world.cluster(f"fleet-{number}", desiredCapacity=1)


def requests_a_minute(world: World) -> tuple[int, int]:
    """Return Senlin requests and Kubernetes writes of a quiet minute."""
    time.sleep(5)
    before = sum(writes(world.sandbox).values())
    world.sandbox.senlin.clear()
    time.sleep(MINUTE)
    return len(requests(world)), sum(writes(world.sandbox).values()) - before


def requests(world: World) -> list[Request]:
    return world.sandbox.senlin.requests(caller=CALLER)


def is_shared(request: Request) -> bool:
    """Return whether it is one of the inventory's lists, which cost the same for all objects."""
    lists = ("/v1/clusters", "/v1/nodes", "/v1/profiles", "/v1/policies", "/v1/actions")
    return request.method == "GET" and request.path.split("?")[0] in lists


def writes(sandbox: Sandbox) -> Counter[str]:
    """Return the operator's writes so far, by the resource that was written."""
    entries = sandbox.audit(userAgent=CALLER)
    return Counter(
        entry["objectRef"]["resource"]
        for entry in entries
        if entry["verb"] in ("create", "update", "patch", "delete")
    )
