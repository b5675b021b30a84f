"""What the operator would do, found by its own reconcile path in a dry run."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.session import SessionOptions
from senlin_operator.cloud.session_pool import SessionPool
from senlin_operator.kinds import kinds_for, run_kinds_for
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import SECRET, Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import AnyKind, ResourceKind
from senlin_operator.model.memory import Memory
from senlin_operator.model.outcome import Blocked, Failed, Gone, Outcome, Settled, Waiting
from senlin_operator.model.queue import Queue
from senlin_operator.model.run import RunKind
from senlin_operator.model.scope import RunScope, Scope
from senlin_operator.plugin.dry_run import (
    DryExecutor,
    DryKube,
    DryRunner,
    PlannedStep,
    refuse_write,
)
from senlin_operator.plugin.kube import MANAGER
from senlin_operator.reconcile.dependents import DependentsApplier
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.reconciler import Reconciler
from senlin_operator.reconcile.sessions import Sessions

_PATIENCE = 90.0  # seconds for a poll of a project
# What a resource waits for that the plan of another one may bring about.
_ON_OTHERS = (Reason.REFERENCE_MISSING, Reason.REFERENCE_NOT_READY, Reason.IN_USE)


@dataclass(frozen=True, slots=True)
class ResourcePlan:
    """What the operator would do for one resource.

    Attributes:
        key: The resource.
        why: Why it would do that, in a few words.
        steps: The requests to Senlin, in order.
        outcome: What comes after them.
    """

    key: Key
    why: str
    steps: tuple[PlannedStep, ...]
    outcome: Outcome

    @property
    def open_ended(self) -> bool:
        """Return whether further steps follow from what Senlin shows after these."""
        return self.outcome == AWAITING_SNAPSHOT and bool(self.steps)

    @property
    def refused(self) -> bool:
        """Return whether there is no plan before a person changes something."""
        return isinstance(self.outcome, Blocked | Failed)


class Planner:
    """Plans resources. They are changed in its own cache alone."""

    def __init__(self, kube: DryKube, say: Callable[[str], None], *, repaired: bool) -> None:
        """Make the parts of an operator that writes nothing.

        Args:
            kube: The person's client.
            say: Told what is waited for.
            repaired: Whether the defects of this Senlin are repaired.
        """
        self.kube = kube
        self.say = say
        self._memories: dict[Key, Memory] = {}
        self._reasons: dict[Key, str] = {}
        self._identity = ""  # of this Kubernetes
        self._affected: set[Key] = set()  # made or deleted because of others' plans
        listed = kinds_for(repaired=repaired)
        self.kinds: Mapping[str, ResourceKind] = {**listed, **run_kinds_for(repaired=repaired)}
        queue, self._polled = Queue(), asyncio.Event()
        self.cache = Cache(self.kinds, queue)
        recorder = Recorder(self.kube)  # it is never run, so it sends nothing
        options = SessionOptions(tuple(listed.values()), begin_write=refuse_write, caller=MANAGER)
        self._pool = SessionPool(self._subscribers, options)
        self._sessions = Sessions(self.cache, self.kube, self._pool, recorder, kube.allowed)
        publisher = Publisher(self.cache, queue, self.kube, recorder)
        self._executor = DryExecutor(recorder)
        self._reconciler = Reconciler(
            self.cache, self.kube, self._sessions, self._executor, recorder
        )
        self._dependents = DependentsApplier(self.cache, self.kube)
        self._runner = DryRunner(self.cache, self.kube, self._sessions, recorder, publisher)

    async def close(self) -> None:
        await self._pool.close()

    async def fill(self, namespace: str) -> None:
        """Learn of the resources in all namespaces, or in one if the person may not list all.

        Raises:
            KubeError: They may not be listed.
        """
        self.say("reading Kubernetes")
        self._identity = await self.kube.identity() or ""
        for kind in self.kinds:
            try:
                found = await self.kube.list_all(kind, None)
            except KubeError as error:
                if error.status != 403:
                    raise
                found = await self.kube.list_all(kind, namespace)
            for resource in found:
                self.cache.upsert(resource)

    async def plan(self, keys: Collection[Key]) -> list[ResourcePlan]:
        """Return the plans of resources of the cache, and of those that they would make.

        Raises:
            KubeError: Kubernetes refuses to be read, or a resource that would be made.
        """
        await self._read_secrets(keys)
        plans: dict[Key, ResourcePlan] = {}
        pending = sorted(keys)
        while pending:
            for key in pending:
                plans.pop(key, None)  # the order of the plans is that in which they come true
                plans[key] = await self._plan(key)
            progressed = any(plans[key].steps or _is_gone(plans[key]) for key in pending)
            affected = self._affected - plans.keys()
            waiting = {key for key in pending if _waits_for_others(plans[key])}
            pending = sorted(affected | (waiting if progressed or affected else set()))
        return list(plans.values())

    async def _read_secrets(self, keys: Iterable[Key]) -> None:
        """Read the Secrets of these resources, and count all that use the same credentials.

        So a project that has lost most of its objects is known as one.
        """
        wanted = {it.secret_key for key in keys if (it := self.cache.get(key))}
        for secret in sorted(wanted):
            try:
                self.cache.store_reply(SECRET, await self.kube.secret(secret))
            except KubeError as error:
                if error.status != 404:
                    raise
        for resource in self.cache.all():
            if resource.key.kind != SECRET and resource.secret_key in wanted:
                await self._sessions.session_for(resource)

    async def _plan(self, key: Key) -> ResourcePlan:
        resource = self.cache.get(key)
        if resource is None:
            return ResourcePlan(key, "", (), Gone())
        if resource.paused:
            text = f"Paused by {' and '.join(resource.paused_by)}."
            return ResourcePlan(key, "", (), Waiting(Reason.PAUSED, text))
        self.say(f"planning {key}")
        owned = self.cache.dependents(resource)
        self._executor.steps = self._runner.steps = []
        outcome, why = await self._reconciled(resource)
        made = {*self.cache.dependents(resource)} - {*owned}
        self._affected |= {it for it in made if it.kind != SECRET}
        gone = map(self.cache.get, owned) if isinstance(outcome, Gone) else ()
        self._delete(it for it in (*gone, *self.kube.deleted) if it)
        return ResourcePlan(key, why, tuple(self._executor.steps), outcome)

    async def _reconciled(self, resource: Resource) -> tuple[Outcome, str]:
        """Reconcile a resource until there is more to say than that a poll is awaited."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                self._polled.clear()
                scope = self._scope(self.cache.get(resource.key) or resource)
                outcome = await self._outcome(scope)
                if outcome != AWAITING_SNAPSHOT or self._executor.steps:
                    break
                await self._polled.wait()
        if isinstance(scope, Scope) and isinstance(outcome, Settled) and self._executor.steps:
            await self._dependents.prune(scope)  # as the next reconcile would
        if not isinstance(outcome, Gone):
            self.cache.store_reply(resource.key.kind, self.kube.published(scope, outcome))
        # Later scopes have the status of this dry run, and not that of the operator.
        return outcome, self._reasons.setdefault(resource.key, _reason(scope))

    async def _outcome(self, scope: Scope | RunScope) -> Outcome:
        if isinstance(scope, RunScope):
            return await self._runner.reconcile(scope)
        return await self._reconciler.reconcile(scope)

    def _scope(self, resource: Resource) -> Scope | RunScope:
        kind = self.kinds[resource.key.kind]
        memory = self._memories.setdefault(resource.key, Memory())
        if isinstance(kind, RunKind):
            return RunScope.begin(resource, kind, memory)
        return Scope.begin(resource, cast("AnyKind", kind), memory, self._identity)

    def _delete(self, resources: Iterable[Resource]) -> None:
        """Have these be deleted, by the operator or by Kubernetes, which follows their owners."""
        for resource in resources:
            if resource.key.kind != SECRET and not resource.deleting:
                self.cache.store_reply(resource.key.kind, self.kube.deleting(resource))
                self._affected.add(resource.key)
        self.kube.deleted.clear()

    def _subscribers(self, uses: Callable[[str], bool]) -> Subscribers:
        return Subscribers(
            changed=lambda ids: None,
            polled=lambda keys: self._polled.set(),
            matters=self.cache.stands_for,
        )


def _reason(scope: Scope | RunScope) -> str:
    """Return why something would be done, in a few words."""
    resource = scope.resource
    if resource.deleting:
        return "it is being deleted"
    if isinstance(scope, RunScope):
        return "it has not been sent"
    if getattr(scope, "observed", None) is None or not resource.recorded:
        return "it does not exist in Senlin"
    if scope.drifted:
        return "others have changed it in Senlin"
    if resource.status.get("observedGeneration") != resource.generation:
        return "its manifest has changed"
    return "Senlin differs from its manifest"


def _waits_for_others(plan: ResourcePlan) -> bool:
    outcome = plan.outcome
    waits = isinstance(outcome, Waiting | Blocked) and outcome.reason in _ON_OTHERS
    return waits and not plan.steps


def _is_gone(plan: ResourcePlan) -> bool:
    return isinstance(plan.outcome, Gone)
