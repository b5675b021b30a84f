"""What the operator costs: counts and ratios of one run, never seconds to hold it to."""

import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openstack_clustering import Connection
from sandbox import Sandbox
from sandbox.settings import free_ports
from tests.bench.counting import is_shared, requests, writes
from tests.bench.settled import (
    LOOK,
    apply_and_wait,
    quiet_minute,
    small_things,
    wait_until,
)
from tests.operator.world import World

FEW, MANY = 5, 500  # resources
FLEET = 50  # clusters among the many
THREADS = 8  # of the script, and of the operator for one credential


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory, Sandbox.up(audit=True) as sandbox:
        sandbox.apply_crds()
        world = World(sandbox, "default", Path(directory) / "operator.log")
        port = free_ports()["senlin"]
        world.operator.start("--inventory-interval", str(LOOK), "--metrics-port", str(port))
        try:
            world.apply(world.secret(), world.profile())
            world.ready("SenlinProfile", "web-server")
            one_cluster(world)
            fleets(world, port)
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


def fleets(world: World, metrics_port: int) -> None:
    """Compare few settled resources with many, and the operator with a bare script."""
    things = small_things(world, MANY - FLEET - 1)  # and the profile of the clusters
    few = FEW - 1
    apply_and_wait(world, things[:few])
    at_rest = {FEW: quiet_minute(world, metrics_port)}
    fleet = [world.cluster(f"fleet-{number}", desiredCapacity=1) for number in range(FLEET)]
    creation = apply_and_wait(world, fleet)
    apply_and_wait(world, things[few:])
    at_rest[MANY] = quiet_minute(world, metrics_port)
    for size, minute in at_rest.items():
        print(f"{size} settled resources, one minute: {minute}")
    # By kinds: of objects that are named to it, kubectl deletes five a second.
    world.delete("senlinpolicies", "--all")
    world.delete("senlinprofiles", "--field-selector=metadata.name!=web-server")
    wait_until(
        lambda: len(world.all_of("SenlinProfile") + world.all_of("SenlinPolicy")) == 1, "end"
    )
    began = time.monotonic()
    world.delete("senlinclusters", "--all")
    wait_until(lambda: not world.clusters(), "end of the fleet", pause=1)  # as the script looks
    deletion = time.monotonic() - began
    made, removed = script(world)
    print(f"{FLEET} clusters at once, over a bare script of {THREADS} threads: ", end="")
    print(f"creation {creation / made:.2f}, deletion {deletion / removed:.2f} (budget 1.10)")


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

    def statuses() -> dict[str, str]:
        return {cluster.id: cluster.status for cluster in senlin.clusters()}

    with ThreadPoolExecutor(THREADS) as pool:
        began = time.monotonic()
        ids = set(pool.map(create, range(FLEET)))
        wait_until(lambda: set(map(statuses().get, ids)) == {"ACTIVE"}, "script's fleet", pause=1)
        made = time.monotonic() - began
        began = time.monotonic()
        list(pool.map(senlin.delete_cluster, ids))
        wait_until(lambda: not ids & statuses().keys(), "end of the script's", pause=1)
        return made, time.monotonic() - began
