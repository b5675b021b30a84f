"""What 500 profiles cost that are applied at once, and how long an edit waits meanwhile."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from kubernetes import client, config

from openstack_clustering import Connection
from sandbox import Sandbox
from sandbox.proxy.faults import Request
from tests.bench.counting import CALLER, is_shared, requests
from tests.bench.goals import show, show_quantiles
from tests.bench.running import running
from tests.bench.settled import all_ready, apply_and_wait, cpu, senlin_cpu, wait_until
from tests.operator.tenant import GROUP, VERSION, Document, Tenant, is_ready

NUMBER = 500
EDITED = 25  # profiles, in turns
EDITS = 100  # while nothing else happens
PAUSE = 0.2  # seconds between two edits
PROFILES = f"/apis/{GROUP}/{VERSION}/namespaces/default/senlinprofiles"
LABEL = "of-the-burst"
MICROVERSION = {"OpenStack-API-Version": "clustering 1.14"}  # as the operator asks


def main() -> None:
    """Print the figures."""
    with running() as (tenant, port):
        tenant.apply(tenant.secret())
        names = [f"edited-{number}" for number in range(EDITED)]
        apply_and_wait(tenant, [tenant.profile(name) for name in names])
        print(f"\n{NUMBER} profiles at once")
        costs(tenant, port)
        editor = Editor(tenant, names)
        for _ in range(EDITS):
            editor.edit()
            time.sleep(PAUSE)
        show_quantiles("edit to request, idle", editor.waits(), 10, 60)
        with editor.editing():
            create(tenant)
        show_quantiles("edit to request, meanwhile", editor.waits(), 30, 200)


def costs(tenant: Tenant, port: int) -> None:
    """Create the profiles, delete them, and show what that costs."""
    tenant.sandbox.senlin.clear()
    before = cpu(tenant, port)
    create(tenant)
    created = cpu(tenant, port)
    polls = [it.path for it in requests(tenant) if is_shared(it)]
    show("last one Ready after the last was stored", lag(tenant.sandbox), 1, "s")
    full = cost_of(tenant, polls)
    began = cpu(tenant, port)
    delete(tenant)
    deleted = cpu(tenant, port)
    empty = cost_of(tenant, polls)
    show("operator CPU, creation", (created[1] - before[1]) / NUMBER * 1000, 7, "ms each")
    show("operator CPU, deletion", (deleted[1] - began[1]) / NUMBER * 1000, 5, "ms each")
    # The polls met all from no profile to 500, so in the mean half of them.
    share = (full + empty) / 2 / (created[0] - before[0])
    show(f"polls' share of Senlin's CPU ({len(polls)} lists)", share * 100, 15, "%")


def create(tenant: Tenant) -> None:
    """Apply the profiles, and return once all are Ready."""
    documents = [tenant.profile(f"burst-{number}") for number in range(NUMBER)]
    for document in documents:
        document["metadata"]["labels"] = {LABEL: "true"}
    tenant.apply(*documents)
    names = {document["metadata"]["name"] for document in documents}
    wait_until(partial(all_ready, tenant, "SenlinProfile", names), "profiles Ready", pause=1)


def delete(tenant: Tenant) -> None:
    """Delete the profiles, and return once all are gone."""
    tenant.delete("senlinprofiles", f"--selector={LABEL}")
    call, path = tenant.sandbox.kubernetes.call, f"{PROFILES}?labelSelector={LABEL}"
    wait_until(lambda: not call("GET", path)["items"], "end of the profiles", pause=1)


def lag(sandbox: Sandbox) -> float:
    """Return the seconds from when the last profile was stored to when the last one was Ready."""
    stored = sandbox.audit(verb="create", resource="senlinprofiles")
    written = sandbox.audit(userAgent=CALLER, resource="senlinprofiles", subresource="status")
    ready: dict[str, datetime] = {}
    for entry in written:
        if is_ready(entry["responseObject"]):
            ready.setdefault(entry["objectRef"]["name"], ended(entry))
    return (max(ready.values()) - max(map(ended, stored))).total_seconds()


def ended(entry: Document) -> datetime:
    return datetime.fromisoformat(entry["stageTimestamp"])


def cost_of(tenant: Tenant, paths: list[str]) -> float:
    """Return the CPU seconds of Senlin for lists, by asking for them again while it is idle."""
    url = tenant.sandbox.senlin.url
    with Connection("openstack", clouds=tenant.sandbox.clouds()) as connection:
        session = connection.session
        session.get_token()
        before = senlin_cpu(tenant)
        for path in paths:
            session.get(url + path, headers=MICROVERSION)
        return senlin_cpu(tenant) - before


class Editor:
    """Edits profiles one after the other, and finds the operator's requests that came of it."""

    def __init__(self, tenant: Tenant, names: list[str]) -> None:
        self._tenant = tenant
        self._names = names
        listed = tenant.all_of("SenlinProfile")
        self._ids = {it["metadata"]["name"]: it["status"]["id"] for it in listed}
        api = config.new_client_from_config(str(tenant.sandbox.kubeconfig))
        self._objects = client.CustomObjectsApi(api)
        self._number = self._found = 0
        tenant.sandbox.senlin.clear()

    def edit(self) -> None:
        """Change the metadata of the next profile."""
        name = self._names[self._number % len(self._names)]
        self._number += 1
        body = {"spec": {"resource": {"metadata": {"edit": str(self._number)}}}}
        self._objects.patch_namespaced_custom_object(
            GROUP, VERSION, self._tenant.namespace, "senlinprofiles", name, body
        )

    @contextmanager
    def editing(self) -> Iterator[None]:
        """Edit in a thread meanwhile."""
        stop = threading.Event()

        def edit() -> None:
            while not stop.wait(PAUSE):
                self.edit()

        thread = threading.Thread(target=edit)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def waits(self) -> list[float]:
        """Return the seconds from each edit's end, since the last call, to the request."""
        wait_until(lambda: all_ready(self._tenant, "SenlinProfile", set(self._names)), "end")
        made = self._tenant.sandbox.audit(
            verb="patch", resource="senlinprofiles", userAgent="OpenAPI-Generator"
        )
        since, self._found = self._found, len(made)
        sent = [it for it in requests(self._tenant) if it.method == "PATCH"]
        return [self._wait(entry, sent) for entry in made[since:]]

    def _wait(self, edit: Document, sent: list[Request]) -> float:
        """Return when the request began, after Kubernetes had stored the edit."""
        id_ = self._ids[edit["objectRef"]["name"]]
        received = datetime.fromisoformat(edit["requestReceivedTimestamp"]).timestamp()
        request = min(it.started for it in sent if id_ in it.path and it.started > received)
        return request - ended(edit).timestamp()


if __name__ == "__main__":
    main()
