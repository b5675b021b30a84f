"""Leases of the Kubernetes API (coordination.k8s.io/v1), read and written as documents."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.objects import GROUP

LABEL = f"{GROUP}/lease"  # on all leases of an installation, with the same value


class Leases:
    """The leases in one namespace."""

    def __init__(self, kube: KubeClient, namespace: str) -> None:
        self._kube = kube
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    async def get(self, name: str) -> dict[str, Any] | None:
        """Return the lease; None: it does not exist.

        Raises:
            KubeError: The lease cannot be read.
        """
        try:
            return await self._kube.send("GET", f"{self._path}/{name}")
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    async def labelled(self, value: str) -> list[dict[str, Any]]:
        """Return all leases of an installation."""
        query = {"labelSelector": f"{LABEL}={value}"}
        answer = await self._kube.send("GET", self._path, query=query)
        return list(answer["items"])

    async def put(
        self, name: str, label: str, spec: Mapping[str, Any], old: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Create the lease, or change it if it is still the old one; return it.

        Raises:
            KubeError: Another process was faster (status 409), or the lease cannot be written.
        """
        metadata: dict[str, Any] = {"name": name, "labels": {LABEL: label}}
        if old is not None:
            metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": spec,
        }
        if old is None:
            return await self._kube.send("POST", self._path, body=body, always=True)
        return await self._kube.send("PUT", f"{self._path}/{name}", body=body, always=True)


def micro_time(moment: datetime) -> str:
    """Return the time in the form that Kubernetes uses in leases."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
