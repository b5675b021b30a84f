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
from tests.bench.settled import LOOK, apply_and_wait, quiet_minute, small_things, wait_until
from tests.operator.world import Document, World

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
            fleets(world)
            at_rest(world, port)
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
    """Compare the operator with a bare script that does the same, each step right after its own."""
    creation = apply_and_wait(world, fleet(world))
    script = Script(world)
    made = script.create()
    began = time.monotonic()
    # By their kind: of objects that are named to it, kubectl deletes five a second.
    world.delete("senlinclusters", "--all")
    wait_until(lambda: not world.clusters(), "end of the fleet", pause=1)  # as the script looks
    deletion = time.monotonic() - began
    removed = script.delete()
    print(f"\n{FLEET} clusters at once, over a bare script of {THREADS} threads: ", end="")
    print(f"creation {creation / made:.2f}, deletion {deletion / removed:.2f} (budget 1.10)")


def at_rest(world: World, metrics_port: int) -> None:
    """Compare few settled resources with many, of all kinds."""
    things = small_things(world, MANY - FLEET - 1)  # and the profile of the clusters
    apply_and_wait(world, things[: FEW - 1])
    minutes = {FEW: quiet_minute(world, metrics_port)}
    apply_and_wait(world, [*fleet(world), *things[FEW - 1 :]])
    minutes[MANY] = quiet_minute(world, metrics_port)
    for size, minute in minutes.items():
        print(f"{size} settled resources, one minute: {minute}")


def fleet(world: World) -> list[Document]:
    return [world.cluster(f"fleet-{number}", desiredCapacity=1) for number in range(FLEET)]


class Script:
    """What a person would write who has no Kubernetes."""

    def __init__(self, world: World) -> None:
        profile = world.get("SenlinProfile", "web-server")
        assert profile
        self._profile_id = profile["status"]["id"]
        self._senlin = Connection(
            "openstack", clouds=world.sandbox.clouds(), pool_size=THREADS, app_name="script"
        ).cluster
        self._ids: set[str] = set()

    def create(self) -> float:
        """Return the seconds until all clusters are ACTIVE."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            self._ids = set(pool.map(self._create, range(FLEET)))
        wait_until(
            lambda: set(map(self._statuses().get, self._ids)) == {"ACTIVE"}, "fleet", pause=1
        )
        return time.monotonic() - began

    def delete(self) -> float:
        """Return the seconds until none of them is left."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._senlin.delete_cluster, self._ids))
        wait_until(lambda: not self._ids & self._statuses().keys(), "end of it", pause=1)
        return time.monotonic() - began

    def _create(self, number: int) -> str:
        body = {"name": f"script-{number}", "desired_capacity": 1, "min_size": 1, "max_size": 5}
        return self._senlin.create_cluster(profile_id=self._profile_id, **body).id

    def _statuses(self) -> dict[str, str]:
        return {cluster.id: cluster.status for cluster in self._senlin.clusters()}
