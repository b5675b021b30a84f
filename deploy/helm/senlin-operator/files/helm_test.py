"""What `helm test` runs in a pod: one leader holds each Lease, and every replica answers.

It asks the pods one by one, by their addresses: what is behind a Service would hide the others.
"""

import os
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kubernetes import client, config

NAMESPACE = os.environ["NAMESPACE"]
SERVICE = os.environ["SERVICE"]
LEASES = os.environ["LEASES"].split()
PODS = int(os.environ["PODS"])
SECONDS = 10  # for an answer


def main() -> int:
    """Print what is wrong, or that nothing is; return the exit code."""
    config.load_incluster_config()
    troubles = [*_leases(), *_pods()]
    print("\n".join(troubles) or f"{PODS} pods are ready; leaders: {len(LEASES)}.")  # noqa: T201
    return 1 if troubles else 0


def _leases() -> Iterator[str]:
    leases = client.CoordinationV1Api()
    for name in LEASES:
        try:
            spec = leases.read_namespaced_lease(name, NAMESPACE).spec
        except client.ApiException as error:
            yield f"Lease {name}: {error.reason}"
            continue
        age = datetime.now(UTC) - spec.renew_time
        if not spec.holder_identity or age > timedelta(seconds=spec.lease_duration_seconds):
            yield f"Nobody leads by Lease {name}: {spec.holder_identity!r} renewed it {age} ago."


def _pods() -> Iterator[str]:
    selector = f"kubernetes.io/service-name={SERVICE}"
    slices = client.DiscoveryV1Api().list_namespaced_endpoint_slice(
        NAMESPACE, label_selector=selector
    )
    ready = [
        (endpoint.addresses[0], part.ports[0].port)
        for part in slices.items
        for endpoint in part.endpoints or ()
        if endpoint.conditions.ready
    ]
    if len(ready) != PODS:
        yield f"{len(ready)} of {PODS} pods are ready behind Service {SERVICE}."
    for address, port in ready:
        host = f"[{address}]" if ":" in address else address
        yield from _answer(f"http://{host}:{port}")


def _answer(url: str) -> Iterator[str]:
    for path, part in (("/livez", b""), ("/readyz", b""), ("/metrics", b"workqueue_depth")):
        try:
            with urllib.request.urlopen(url + path, timeout=SECONDS) as reply:  # noqa: S310 - http
                if part not in reply.read():
                    yield f"{url}{path} says nothing of {part.decode()}."
        except OSError as error:
            yield f"{url}{path}: {error}"


sys.exit(main())
