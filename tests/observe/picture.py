"""Draw what the dashboard shows of a real run: `make picture`."""

import math
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from sandbox.prometheus import Prometheus
from tests.observe.load import Watched
from tests.observe.published import filled, panels
from tests.observe.svg import Chart, Line, picture

TARGET = Path(__file__).parents[2] / "docs" / "img" / "dashboard.svg"
SECONDS = 300
STEP = 2  # seconds between the points of a line
OUTAGE = 30  # seconds
WINDOW = "15s"  # the scrapes are a second apart
FLEET = 4
TITLES = (
    "Not Ready, by reason",
    "Resources",
    "How reconciles end",
    "Wait for a worker",
    "Duration of a reconcile",
    "Writes to Kubernetes",
    "Requests, by HTTP status",
    "Duration of a request",
    "Errors, by credential",
    "Age of the latest poll of a project",
    "Running actions",
    "Ended actions",
)


def main() -> None:
    """Run for five minutes, then draw."""
    with tempfile.TemporaryDirectory() as logs, Sandbox.up() as sandbox:
        sandbox.apply_crds()
        sandbox.kubectl("create", "namespace", "team")
        tenant = Watched(sandbox, "team", Path(logs))
        with tenant.running() as prometheus:
            live(tenant)
            charts = [chart(prometheus, panel) for panel in panels() if panel["title"] in TITLES]
    title = "Five minutes of the Senlin operator, as its dashboard shows them"
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(picture(title, charts, SECONDS))


def live(tenant: Watched) -> None:
    """Make clusters, scale them, lose Senlin for a while, delete some."""
    end = time.monotonic() + SECONDS
    fleet = [f"fleet-{number}" for number in range(FLEET)]
    tenant.apply_load()
    tenant.change()
    tenant.apply(*(tenant.cluster(name) for name in fleet))
    for name in fleet:
        tenant.ready(name=name)
    for size in (5, 1, 4):
        for name in fleet:
            tenant.kubectl("scale", f"senlincluster/{name}", f"--replicas={size}")
        for name in fleet:
            tenant.ready(name=name)
    with tenant.sandbox.senlin.fault("refuse"):
        tenant.kubectl("scale", "senlincluster/web", "--replicas=3")
        time.sleep(OUTAGE)
    tenant.ready(seconds=120)
    tenant.delete(*(f"senlincluster/{name}" for name in fleet))
    for name in fleet:
        tenant.gone("SenlinCluster", name)
    time.sleep(max(end - time.monotonic(), 0))


def chart(prometheus: Prometheus, panel: dict[str, Any]) -> Chart:
    """Ask Prometheus for what a panel shows."""
    found = [
        line(series, target["legendFormat"])
        for target in panel["targets"]
        for series in prometheus.history(filled(target["expr"], WINDOW), SECONDS, STEP)
    ]
    highest = sorted((it for it in found if it.points), key=_height, reverse=True)
    return Chart(panel["title"], panel["fieldConfig"]["defaults"]["unit"], highest)


def line(series: dict[str, Any], legend: str) -> Line:
    """Return the course of a series, named as the panel says."""
    label = re.sub(r"\{\{(\w+)\}\}", lambda name: series["metric"].get(name[1], ""), legend)
    began = time.time() - SECONDS
    points = [(float(at) - began, float(value)) for at, value in series["values"]]
    return Line(
        label.strip(), [(at, value) for at, value in points if math.isfinite(value) and at >= 0]
    )


def _height(it: Line) -> float:
    return max(value for _, value in it.points)


if __name__ == "__main__":
    main()
