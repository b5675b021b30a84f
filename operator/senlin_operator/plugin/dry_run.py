"""The operator's own parts, with nothing written: neither to Kubernetes nor to Senlin.

The reconcile path is the operator's. Its writes end here: each is answered as if it had succeeded,
and the steps are kept, so that the path goes on to the next step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from openstack_clustering import ClientException
from senlin_operator.kube.access import Access
from senlin_operator.kube.api import APPLY
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import FINALIZER, Key, Resource
from senlin_operator.kube.status import render, timestamp
from senlin_operator.model.outcome import Outcome, Waiting, conditions_of, outcome_of
from senlin_operator.model.run import Call, Target
from senlin_operator.model.scope import BaseScope, RunScope, Scope
from senlin_operator.model.step import Step, StepResult
from senlin_operator.plugin.kube import UserClient
from senlin_operator.reconcile.execute import Executor
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT
from senlin_operator.reconcile.runner import Runner
from senlin_operator.telemetry import clock

_MOST = 100  # steps of one resource
_Document = dict[str, Any]


class WouldWrite(ClientException):
    """A dry run was about to write, which is a bug."""


def refuse_write() -> None:
    """Refuse a request to Senlin that is no GET, as `begin_write` of its sessions."""
    raise WouldWrite("A dry run does not write to Senlin.")


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A request to Senlin that the operator would send.

    Attributes:
        verb: The reason of the event that would tell of it.
        summary: The changes, field by field.
        note: What else the event would say.
        drift: Whether it corrects what others have changed in Senlin.
    """

    verb: str
    summary: str
    note: str = ""
    drift: bool = False


class DryKube(UserClient):
    """Reads as a person's client; answers the operator's writes as if they had succeeded.

    A new object, such as the profile of an inline one, gets its defaults from the API server.
    """

    _versions = count(2**62)  # newer than any of the API server

    def __init__(self, access: Access, plurals: Mapping[str, str]) -> None:
        super().__init__(access, plurals)
        self.deleted: list[Resource] = []  # that the operator would delete
        self.secrets: dict[Key, _Document] = {}  # that a person would apply

    async def send(self, method: str, path: str, **options: Any) -> _Document:
        query = options.get("query") or {}
        review = path.endswith("reviews")
        if method != "GET" and query.get("dryRun") != "All" and not review:
            raise WouldWrite("A dry run does not write to Kubernetes.")
        return await super().send(method, path, **options)

    async def set_finalizer(self, resource: Resource, *, present: bool) -> _Document:
        others = [it for it in _finalizers(resource) if it != FINALIZER]
        return self.changed(resource, finalizers=[*others, *([FINALIZER] if present else [])])

    async def set_size(self, resource: Resource, size: int) -> _Document:
        wanted = {**resource.spec["resource"], "desiredCapacity": size}
        spec = {**resource.spec, "resource": wanted}
        return {**self.changed(resource), "spec": spec}

    async def merge(self, resource: Resource, body: Mapping[str, Any]) -> _Document:
        spec = {**resource.spec, **body.get("spec", {})}
        return {**self.changed(resource), "spec": spec}

    async def create_secret(
        self, owner: Resource, key: Key, manifest: Mapping[str, Any], labels: Mapping[str, str]
    ) -> _Document:
        metadata = {"namespace": key.namespace, "name": key.name, "uid": f"new {key}"}
        return {"metadata": {**metadata, "resourceVersion": str(next(self._versions))}}

    async def replace_secret_data(
        self, secret: Resource, data: Mapping[str, str], annotations: Mapping[str, str]
    ) -> _Document:
        return self.changed(secret)

    async def delete(self, resource: Resource) -> None:
        self.deleted.append(resource)

    async def secret(self, key: Key) -> _Document:
        return self.secrets.get(key) or await super().secret(key)

    async def get_secret(self, secret: Resource) -> _Document:
        return self.secrets.get(secret.key) or await super().get_secret(secret)

    async def _apply(
        self, key: Key, body: Mapping[str, Any], *, manager: str, subresource: str = ""
    ) -> _Document:
        """Have the API server fill in the defaults of an object that the operator would make."""
        query = {"dryRun": "All", "fieldManager": manager, "force": "true"}
        raw = await self.send("PATCH", self._of(key), query=query, body=body, content_type=APPLY)
        return self.changed(Resource(key.kind, raw))

    def changed(self, resource: Resource, **metadata: Any) -> _Document:
        """Return the object with other metadata, as a newer version."""
        version = {"resourceVersion": str(next(self._versions))}
        return {**resource.raw, "metadata": {**resource.raw["metadata"], **metadata, **version}}

    def deleting(self, resource: Resource) -> _Document:
        """Return the object as after a request to delete it."""
        return self.changed(resource, deletionTimestamp=timestamp(clock.utcnow()))

    def published(self, scope: BaseScope, outcome: Outcome) -> _Document:
        """Return the object with the status that the publisher would write."""
        conditions = conditions_of(outcome, 0)
        status = render(scope.resource, scope.status, conditions, clock.utcnow())
        return {**self.changed(scope.resource), "status": status}


class DryExecutor(Executor):
    """Keeps the steps, and answers each with what is to be expected of it."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.steps: list[PlannedStep] = []

    async def execute(
        self, scope: Scope, step: Step, *, urgent: bool = False, force: bool = False
    ) -> StepResult | Outcome:
        id_ = scope.status.id or f"new {scope.resource.key}"
        try:
            expected = step.expected(scope.observed, id_, scope.snapshot)
        except ClientException as error:
            return outcome_of(error)
        self.steps.append(PlannedStep(step.verb, step.summary, step.note, scope.drifted))
        if len(self.steps) >= _MOST:
            return AWAITING_SNAPSHOT
        return StepResult(id_, observed=expected)

    async def send(
        self, scope: Scope, step: Step, *, urgent: bool = False, force: bool = False
    ) -> StepResult | Waiting:
        """Keep a routine check."""
        self.steps.append(PlannedStep(step.verb, step.summary))
        return StepResult(scope.status.id or "")

    async def cancel(self, scope: Scope, action_id: str) -> Outcome:
        text = f"action {action_id}, which has run longer than its timeout"
        self.steps.append(PlannedStep("CancellingAction", text))
        return AWAITING_SNAPSHOT


class DryRunner(Runner):
    """Keeps the request of a SenlinOperation."""

    steps: list[PlannedStep]

    async def _send(self, scope: RunScope, target: Target, call: Call) -> Outcome:
        self.steps.append(PlannedStep(call.verb, call.summary))
        return AWAITING_SNAPSHOT

    async def _read(self, scope: RunScope, call: Call) -> Outcome:
        self.steps.append(PlannedStep(call.verb, call.summary))
        return AWAITING_SNAPSHOT


def _finalizers(resource: Resource) -> list[str]:
    return list(resource.raw["metadata"].get("finalizers", ()))
