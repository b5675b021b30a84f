"""Runs in the pod of `helm test`: each Lease must have a leader, and every replica must answer.

It asks the pods one by one, by their addresses: a Service would answer by one of them.
It waits for a change of leader: the Lease of a killed pod expires, then another pod leads.
"""

import os
import ssl
import sys
import time
import urllib.request
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kubernetes import client, config

NAMESPACE = os.environ["NAMESPACE"]
SERVICE = os.environ["SERVICE"]
LEASES = os.environ["LEASES"].split()
PODS = int(os.environ["PODS"])
PROBE_PORT = os.environ["PROBE_PORT"]
METRICS_SCHEME = os.environ.get("METRICS_SCHEME")  # none: this account may not read the metrics
TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
SECONDS = 10  # for an answer
TRIES, PAUSE = 10, 2  # seconds; a Lease runs out in 15


def main() -> int:
    """Print what is wrong, or that nothing is; return the exit code."""
    config.load_incluster_config()
    troubles = list(_troubles())
    for _ in range(TRIES):
        if not troubles:
            break
        time.sleep(PAUSE)
        troubles = list(_troubles())
    print("\n".join(troubles) or f"{PODS} pods are ready; leaders: {len(LEASES)}.")  # noqa: T201
    return 1 if troubles else 0


def _troubles() -> Iterator[str]:
    """Yield what is wrong at this moment."""
    ready = {
        endpoint.target_ref.name: (endpoint.addresses[0], part.ports[0].port)
        for part in _slices()
        for endpoint in part.endpoints or ()
        if endpoint.conditions.ready
    }
    yield from _leases(ready)
    if len(ready) != PODS:
        yield f"{len(ready)} of {PODS} pods are ready behind Service {SERVICE}."
    for address, port in ready.values():
        host = f"[{address}]" if ":" in address else address
        yield from _answer(f"http://{host}:{PROBE_PORT}/livez", b"")
        yield from _answer(f"http://{host}:{PROBE_PORT}/readyz", b"")
        if METRICS_SCHEME:
            yield from _answer(f"{METRICS_SCHEME}://{host}:{port}/metrics", b"workqueue_depth")


def _slices() -> Iterable[Any]:
    selector = f"kubernetes.io/service-name={SERVICE}"
    found = client.DiscoveryV1Api().list_namespaced_endpoint_slice(
        NAMESPACE, label_selector=selector
    )
    return list(found.items)


def _leases(pods: Container[str]) -> Iterator[str]:
    leases = client.CoordinationV1Api()
    for name in LEASES:
        try:
            spec = leases.read_namespaced_lease(name, NAMESPACE).spec
        except client.ApiException as error:
            yield f"Lease {name}: {error.reason}"
            continue
        holder, age = spec.holder_identity, datetime.now(UTC) - spec.renew_time
        if not holder or age > timedelta(seconds=spec.lease_duration_seconds):
            yield f"Nobody leads by Lease {name}: {holder!r} renewed it {age} ago."
        elif holder.rpartition("_")[0] not in pods:
            yield f"Nobody leads by Lease {name}: {holder} is none of the pods that are ready."


def _answer(url: str, part: bytes) -> Iterator[str]:
    # The certificate is for the Service, and this asks a pod; the token may do little.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"Authorization": f"Bearer {TOKEN.read_text()}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - http or https
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=context) as reply:  # noqa: S310
            if part not in reply.read():
                yield f"{url} says nothing of {part.decode()}."
    except OSError as error:
        yield f"{url}: {error}"


sys.exit(main())
