"""All requests to the Kubernetes API except the watches, as methods with plain documents."""

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import aiohttp

from senlin_operator.kube.access import Access
from senlin_operator.kube.api import APPLY, Api
from senlin_operator.kube.api import KubeError as KubeError
from senlin_operator.kube.api import NotFound as NotFound
from senlin_operator.kube.kubeconfig import AccessError
from senlin_operator.kube.objects import FINALIZER, GROUP, SECRET, VERSION, Key, Resource
from senlin_operator.kube.watch_monitor import WatchMonitor
from senlin_operator.kube.watches import METADATA_LIST, PAGE, OnList, Watches
from senlin_operator.telemetry import metrics

FIELD_MANAGER = "senlin-operator"
_FINALIZER_MANAGER = "senlin-operator-finalizer"
_SIZE_MANAGER = "senlin-operator-size"
_MERGE = "application/merge-patch+json"
_IDENTITY = "kube-system"


class KubeClient(Api):
    """A thin client: plain documents in and out. `plurals` maps a kind to its resource name."""

    def __init__(self, access: Access, plurals: Mapping[str, str]) -> None:
        super().__init__(access)
        self._access = access
        self._plurals = plurals
        self._monitor = WatchMonitor()

    @classmethod
    async def connect(
        cls, kubeconfig: str | None, plurals: Mapping[str, str], context: str | None = None
    ) -> Self:
        """Return a client for the kubeconfig; None: for the cluster that the process runs in.

        Args:
            kubeconfig: The file.
            plurals: Maps a kind to its resource name.
            context: The name of a context of the kubeconfig; None: the current one.

        Raises:
            KubeError: No access is configured, or it cannot be used.
        """
        try:
            access = await Access.load(kubeconfig, context)
        except (AccessError, OSError) as error:
            raise KubeError(0, f"No access to Kubernetes is configured: {error}") from error
        return cls(access, plurals)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self._access.server

    def watch_session(self, on_list: OnList) -> tuple[str, aiohttp.ClientSession]:
        """Return the server's URL, and a session for the watches alone.

        Args:
            on_list: Called with each whole list that is read through the session.
        """
        kinds = {plural: kind for kind, plural in self._plurals.items()} | {"secrets": SECRET}
        watches = Watches(kinds, on_list, self._monitor)
        return self._access.server, self._access.session(watches)

    async def identity(self) -> str | None:
        """Return the uid of the namespace kube-system, which no other Kubernetes has.

        None: it cannot be read, for want of a right or of that namespace.

        Raises:
            KubeError: Kubernetes does not answer.
        """
        try:
            namespace = await self.send("GET", f"/api/v1/namespaces/{_IDENTITY}")
        except KubeError as error:
            if error.status in (403, 404):
                return None
            raise
        return str(namespace["metadata"]["uid"])

    async def pages(self, kind: str, namespace: str | None) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield all objects of a kind, in all namespaces or in one; of Secrets, their metadata."""
        query, accept = {"limit": str(PAGE)}, "application/json"
        if kind == SECRET:
            query["fieldSelector"], accept = "type=Opaque", METADATA_LIST
        while True:
            page = await self.send("GET", self._path(kind, namespace), query=query, accept=accept)
            yield page["items"] or []  # null, if no Secret is there
            token = page["metadata"].get("continue")
            if not token:
                return
            query["continue"] = token

    async def get_secret(self, secret: Resource) -> dict[str, Any]:
        """Return a Secret, with its data.

        Raises:
            NotFound: The Secret does not exist any more.
            KubeError: The Secret cannot be read.
        """
        key = secret.key
        try:
            return await self.send("GET", self._path(SECRET, key.namespace, key.name))
        except KubeError as error:
            if error.status == 404:
                raise NotFound(secret) from error
            raise

    async def has_other_secret(self, key: Key) -> bool:
        """Return whether there is a Secret of that name and of another type than Opaque.

        Its content is not requested.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        query = {"fieldSelector": f"metadata.name={key.name},type!=Opaque"}
        path = self._path(SECRET, key.namespace)
        return bool((await self.send("GET", path, query=query, accept=METADATA_LIST))["items"])

    async def set_finalizer(self, resource: Resource, *, present: bool) -> dict[str, Any]:
        """Add the operator's finalizer to the object, or remove it; return the object.

        A server-side apply of this one entry needs no resourceVersion, so other writes do not
        conflict with it. The uid stops the request from creating a deleted object again, or from
        changing another object of the same name.

        Raises:
            NotFound: The object does not exist any more.
            KubeError: The object cannot be written now.
        """
        metadata = {"name": resource.key.name, "uid": resource.uid}
        finalizers = {"finalizers": [FINALIZER]} if present else {}
        body = self._header(resource.key.kind) | {"metadata": {**metadata, **finalizers}}
        metrics.KUBE_WRITES.labels("finalizer").inc()
        try:
            reply = await self._apply(resource.key, body, manager=_FINALIZER_MANAGER)
        except KubeError as error:  # 409: no object has the name; 422: another one has
            if error.status not in (404, 409, 422) or await self._has(resource):
                raise
            raise NotFound(resource) from error
        if not present and FINALIZER in reply["metadata"].get("finalizers", ()):
            return await self._remove_finalizer_of_others(resource.key, reply["metadata"])
        return reply

    async def _remove_finalizer_of_others(
        self, key: Key, current: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Remove a finalizer that somebody else has written, as a restore from a file does.

        A server-side apply removes only what the same manager has applied.
        """
        kept = [it for it in current["finalizers"] if it != FINALIZER]
        unchanged = {name: current[name] for name in ("uid", "resourceVersion")}
        metrics.KUBE_WRITES.labels("finalizer").inc()
        path = self._path(key.kind, key.namespace, key.name)
        body = {"metadata": {**unchanged, "finalizers": kept}}
        return await self.send("PATCH", path, body=body, content_type=_MERGE)

    async def _has(self, resource: Resource) -> bool:
        key = resource.key
        query = {"fieldSelector": f"metadata.name={key.name}"}
        path = self._path(key.kind, key.namespace)
        answer = await self.send("GET", path, query=query, accept=METADATA_LIST)
        return any(item["metadata"]["uid"] == resource.uid for item in answer["items"] or ())

    async def apply_status(
        self, resource: Resource, status: Mapping[str, Any], *, unchanged: bool = False
    ) -> dict[str, Any]:
        """Replace the whole status, and return the object.

        Args:
            resource: The object.
            status: The whole status.
            unchanged: Only if nobody has written the object since (status 409 otherwise).

        Raises:
            KubeError: Kubernetes refuses it.
        """
        metadata = {"name": resource.key.name, "uid": resource.uid}
        if unchanged:
            metadata["resourceVersion"] = str(resource.resource_version)
        body = self._header(resource.key.kind) | {"metadata": metadata, "status": status}
        metrics.KUBE_WRITES.labels("status").inc()
        return await self._apply(resource.key, body, manager=FIELD_MANAGER, subresource="status")

    async def merge(self, resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change some fields of the object, annotations among them, and return it.

        A server-side apply of annotations would remove those that an earlier one has set.

        Raises:
            NotFound: The object does not exist any more.
            KubeError: Kubernetes refuses it.
        """
        key = resource.key
        metadata = {**body.get("metadata", {}), "uid": resource.uid}
        metrics.KUBE_WRITES.labels("detachment").inc()
        try:
            return await self.send(
                "PATCH",
                self._path(key.kind, key.namespace, key.name),
                query={"fieldManager": FIELD_MANAGER},
                body={**body, "metadata": metadata},
                content_type="application/merge-patch+json",
            )
        except KubeError as error:  # 409, 422: another object has the name
            if error.status not in (404, 409, 422) or await self._has(resource):
                raise
            raise NotFound(resource) from error

    async def set_size(self, resource: Resource, size: int) -> dict[str, Any]:
        """Give a spec without a size its first one, and return the object.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        metadata = {"name": resource.key.name, "uid": resource.uid}
        spec = {"resource": {"desiredCapacity": size}}
        body = self._header(resource.key.kind) | {"metadata": metadata, "spec": spec}
        metrics.KUBE_WRITES.labels("size").inc()
        return await self._apply(resource.key, body, manager=_SIZE_MANAGER)

    async def apply_dependent(
        self,
        owner: Resource,
        key: Key,
        manifest: Mapping[str, Any],
        labels: Mapping[str, str],
    ) -> dict[str, Any]:
        """Create or change a custom resource that another one owns; return it.

        Args:
            owner: The object to name in the controlling owner reference.
            key: Kind, namespace and name of the dependent.
            manifest: The other fields of the dependent, such as `spec`.
            labels: Its labels.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        reference = {**_owner(owner), "blockOwnerDeletion": True}
        metadata = {"name": key.name, "ownerReferences": [reference], "labels": dict(labels)}
        body = {**manifest, **self._header(key.kind), "metadata": metadata}
        metrics.KUBE_WRITES.labels("child").inc()
        return await self._apply(key, body, manager=FIELD_MANAGER)

    async def create_secret(
        self,
        owner: Resource,
        key: Key,
        manifest: Mapping[str, Any],
        labels: Mapping[str, str],
    ) -> dict[str, Any]:
        """Create a Secret that a custom resource owns; one of that name is never changed.

        Raises:
            KubeError: Kubernetes refuses it; status 409 if there is one of that name.
        """
        metadata = {
            "name": key.name,
            "ownerReferences": [_owner(owner)],
            "labels": dict(labels),
        }
        body = {**manifest, **self._header(SECRET), "metadata": metadata}
        metrics.KUBE_WRITES.labels("child").inc()
        query, path = {"fieldManager": FIELD_MANAGER}, self._path(SECRET, key.namespace)
        try:
            return await self.send("POST", path, query=query, body=body)
        except KubeError as error:
            raise _without_values(error, manifest.get("data", {})) from None

    async def replace_secret_data(
        self, secret: Resource, data: Mapping[str, str], annotations: Mapping[str, str]
    ) -> dict[str, Any]:
        """Replace the whole content of a Secret, add annotations, and return it.

        A server-side apply would leave what others have added. The test of the uid stops the
        request from changing another Secret of the same name.

        Raises:
            NotFound: The Secret does not exist any more.
            KubeError: Kubernetes refuses it.
        """
        key, known = secret.key, secret.annotations
        patch: list[dict[str, Any]] = [
            {"op": "test", "path": "/metadata/uid", "value": secret.uid},
            {"op": "add", "path": "/data", "value": dict(data)},
        ]
        if annotations:
            value = {**known, **annotations}
            patch.append({"op": "add", "path": "/metadata/annotations", "value": value})
        metrics.KUBE_WRITES.labels("child").inc()
        try:
            return await self.send(
                "PATCH",
                self._path(SECRET, key.namespace, key.name),
                query={"fieldManager": FIELD_MANAGER},
                body=patch,
                content_type="application/json-patch+json",
            )
        except KubeError as error:
            if error.status == 404:
                raise NotFound(secret) from error
            raise _without_values(error, data) from None

    async def delete(self, resource: Resource) -> None:
        """Request the deletion of the object; one with its name but another uid stays."""
        key = resource.key
        metrics.KUBE_WRITES.labels("deletion").inc()
        body = {"preconditions": {"uid": resource.uid}}
        try:
            await self.send("DELETE", self._path(key.kind, key.namespace, key.name), body=body)
        except KubeError as error:
            if error.status not in (404, 409):
                raise

    async def create_event(self, body: Mapping[str, Any]) -> None:
        metrics.KUBE_WRITES.labels("event").inc()
        await self.send("POST", _events(body["metadata"]), body=body)

    async def patch_event(self, metadata: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """Change fields of an event.

        Raises:
            KubeError: Kubernetes refuses it; status 404 if the event is gone.
        """
        metrics.KUBE_WRITES.labels("event").inc()
        path = f"{_events(metadata)}/{metadata['name']}"
        await self.send("PATCH", path, body=changes, content_type=_MERGE)

    def _header(self, kind: str) -> dict[str, Any]:
        return {"apiVersion": "v1" if kind == SECRET else f"{GROUP}/{VERSION}", "kind": kind}

    def _path(self, kind: str, namespace: str | None, name: str | None = None) -> str:
        root = "/api/v1" if kind == SECRET else f"/apis/{GROUP}/{VERSION}"
        scope = f"/namespaces/{namespace}" if namespace else ""
        plural = "secrets" if kind == SECRET else self._plurals[kind]
        return f"{root}{scope}/{plural}" + (f"/{name}" if name else "")

    async def _apply(
        self, key: Key, body: Mapping[str, Any], *, manager: str, subresource: str = ""
    ) -> dict[str, Any]:
        path = self._path(key.kind, key.namespace, key.name)
        return await self.send(
            "PATCH",
            f"{path}/{subresource}" if subresource else path,
            query={"fieldManager": manager, "force": "true"},
            body=body,
            content_type=APPLY,
        )


def _events(metadata: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{metadata['namespace']}/events"


def _without_values(error: KubeError, data: Mapping[str, str]) -> KubeError:
    """Return the error without a Secret's values, which an admission policy may quote."""
    text = str(error)
    for value in data.values():
        for secret in (value, base64.b64decode(value).decode(errors="replace")):
            text = text.replace(secret, "…") if secret else text
    return KubeError(error.status, text)


def _owner(owner: Resource) -> dict[str, Any]:
    """Return the controlling owner reference of a dependent."""
    identity = {"kind": owner.key.kind, "name": owner.key.name, "uid": owner.uid}
    return {"apiVersion": f"{GROUP}/{VERSION}", **identity, "controller": True}
