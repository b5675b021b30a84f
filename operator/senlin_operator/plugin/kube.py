"""The requests of a person to Kubernetes, by their own kubeconfig."""

import json
from collections.abc import Mapping
from typing import Any

from senlin_operator.cloud.credentials import Allowed
from senlin_operator.kube.access import Access
from senlin_operator.kube.api import APPLY
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.objects import GROUP, SECRET, Key, Resource

MANAGER = "kubectl-senlin"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # an annotation of kubectl apply
_MERGE = "application/merge-patch+json"
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class UserClient(KubeClient):
    """The operator's client, with what a person asks besides.

    Attributes:
        allowed: What a clouds.yaml in a Secret may have.
    """

    allowed = Allowed()

    def __init__(self, access: Access, plurals: Mapping[str, str]) -> None:
        super().__init__(access, plurals)
        self.user_agent = MANAGER  # an audit log must not take a person for the operator

    @property
    def namespace(self) -> str:
        """The namespace that the context of the kubeconfig names."""
        return self._access.namespace

    async def get(self, key: Key) -> Resource:
        """Return a custom resource.

        Raises:
            KubeError: There is none (status 404), or it may not be read.
        """
        return Resource(key.kind, await self.send("GET", self._of(key)))

    async def list_all(self, kind: str, namespace: str | None) -> list[Resource]:
        """Return all objects of a kind, in all namespaces or in one; of Secrets, their metadata.

        Raises:
            KubeError: They may not be listed.
        """
        found = [raw async for page in self.pages(kind, namespace) for raw in page]
        return [Resource(kind, raw) for raw in found]

    async def annotate(self, key: Key, annotations: Mapping[str, str | None]) -> None:
        """Set annotations of a custom resource; None: remove one.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        body = {"metadata": {"annotations": dict(annotations)}}
        query = {"fieldManager": MANAGER}
        await self.send("PATCH", self._of(key), query=query, body=body, content_type=_MERGE)

    async def applied(self, key: Key, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `kubectl apply` would make of a manifest; nothing is changed.

        The API server fills in the defaults, and refuses what it would refuse.

        Raises:
            KubeError: Kubernetes refuses the manifest.
        """
        query = {"dryRun": "All", "fieldManager": MANAGER, "fieldValidation": "Strict"}
        before = await self._annotation(key)
        if before is not None:
            body = merge_patch(before, document)
            return await self.send(
                "PATCH", self._of(key), query=query, body=body, content_type=_MERGE
            )
        query["force"] = "true"
        return await self.send(
            "PATCH", self._of(key), query=query, body=document, content_type=APPLY
        )

    async def may(
        self, verb: str, group: str, resource: str, namespace: str | None, name: str = ""
    ) -> bool:
        """Return whether the person may do something."""
        attributes = {
            "verb": verb,
            "group": group,
            "resource": resource,
            "name": name,
            "namespace": namespace or "",
        }
        answer = await self.send("POST", _REVIEW, body={"spec": {"resourceAttributes": attributes}})
        return bool(answer["status"].get("allowed"))

    async def version(self) -> str:
        """Return the version of Kubernetes.

        Raises:
            KubeError: It cannot be reached.
        """
        return str((await self.send("GET", "/version"))["gitVersion"])

    async def definition(self, kind: str) -> dict[str, Any]:
        """Return the custom resource definition of a kind.

        Raises:
            KubeError: There is none (status 404), or it may not be read.
        """
        return await self.send("GET", f"{_DEFINITIONS}/{self._plurals[kind]}.{GROUP}")

    async def operators(self) -> list[dict[str, Any]]:
        """Return the operator's Deployments, in all namespaces.

        Raises:
            KubeError: They may not be listed.
        """
        query = {"labelSelector": "app.kubernetes.io/name=senlin-operator"}
        found = await self.send("GET", "/apis/apps/v1/deployments", query=query)
        return list(found["items"])

    async def secret(self, key: Key) -> dict[str, Any]:
        """Return a Secret with its data.

        Raises:
            KubeError: There is none (status 404), or it may not be read.
        """
        return await self.send("GET", self._path(SECRET, key.namespace, key.name))

    async def _annotation(self, key: Key) -> Mapping[str, Any] | None:
        """Return the manifest that `kubectl apply` has applied last; None: none is known."""
        try:
            annotations = (await self.get(key)).annotations
        except KubeError as error:
            if error.status != 404:
                raise
            return None
        before = annotations.get(_APPLIED)
        return dict(json.loads(before)) if before else None

    def _of(self, key: Key) -> str:
        return self._path(key.kind, key.namespace, key.name)


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patch of `kubectl apply`: all of the manifest, and null for what it has lost.

    Source: k8s.io/apimachinery/pkg/util/jsonmergepatch, CreateThreeWayJSONMergePatch.

    Args:
        before: The manifest that was applied last.
        after: The manifest.
    """
    lost = dict.fromkeys(before.keys() - after.keys() - {"status"})
    kept = {
        name: merge_patch(before[name], value)
        if isinstance(value, Mapping) and isinstance(before.get(name), Mapping)
        else value
        for name, value in after.items()
    }
    return {**lost, **kept}
