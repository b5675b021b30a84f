"""SenlinOperation: one request to Senlin, run to completion as a Job is."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.operation import target as targets
from senlin_operator.kinds.operation.calls import call
from senlin_operator.kinds.operation.result import result
from senlin_operator.kinds.shared.rebuild import OR_REPAIRED
from senlin_operator.kube.objects import SECRET, Key, Resource
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.run import Call, Refused, RunKind, SecretValue, Target

_REBUILD = Refused(
    f"Senlin 16 as released cannot rebuild a server: use another operation, {OR_REPAIRED}."
)


class OperationKind(RunKind):
    """An operation has no cloud object of its own: it is an action on a cluster or a node."""

    name = "SenlinOperation"
    plural = "senlinoperations"
    short_name = "sop"

    def __init__(self, *, repaired: bool = False) -> None:
        self._repaired = repaired

    operation = staticmethod(targets.operation)

    def references(self, resource: Resource) -> tuple[Key, ...]:
        key = targets.reference(resource)
        secrets = {value.secret for value in self.secrets(resource)}
        return (*([key] if key else []), *sorted(secrets))

    def secrets(self, resource: Resource) -> tuple[SecretValue, ...]:
        wanted = resource.spec["operation"].get("perform", {}).get("secretParams", ())
        return tuple(
            SecretValue(
                it["name"],
                Key(SECRET, resource.key.namespace, it["secretKeyRef"]["name"]),
                it["secretKeyRef"]["key"],
            )
            for it in wanted
        )

    def target(
        self,
        resource: Resource,
        snapshot: Snapshot,
        known: Mapping[Key, Resource],
        owner_of: targets.OwnerOf,
    ) -> Target | Waiting | Refused:
        if not self._repaired and _rebuilds(resource.spec["operation"]):
            return _REBUILD
        return targets.target(resource, snapshot, known, owner_of)

    def call(self, resource: Resource, target: Target, values: Mapping[str, str]) -> Call:
        word = self.operation(resource)
        return call(word, target, resource.spec["operation"][word], resource.uid, values)

    def result(self, reply: Any) -> Mapping[str, Any]:
        return result(reply)


def _rebuilds(operation: Mapping[str, Mapping[str, Any]]) -> bool:
    recovers, performs = operation.get("recover", {}), operation.get("perform", {})
    return "REBUILD" in (recovers.get("operation"), str(performs.get("name")).upper())
