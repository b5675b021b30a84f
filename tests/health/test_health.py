"""What kstatus (Flux, `helm --wait`) and Argo CD take each status of the operator for."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import GROUP, PAUSED, VERSION
from senlin_operator.kube.pause import held, released
from senlin_operator.kube.status import Status, acted_upon, render
from senlin_operator.model.outcome import (
    STALLED_AFTER,
    Blocked,
    Failed,
    Outcome,
    Settled,
    Waiting,
    conditions_of,
)
from senlin_operator.reconcile import run_status
from tests.crds.apiserver import CRDS, corpus
from tests.health.judge import Health, checks, disagreements, judged
from tests.unit.operator.builders import Document, a_manifest, a_resource, an_operation_manifest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVERY_KIND = (*KINDS, *RUN_KINDS)
TEXT = "The message of Ready."
UNOBSERVED = Health("InProgress", "Progressing", "The operator has not observed it yet.")
CURRENT = Health("Current", "Healthy", TEXT)
FAILED = Health("Failed", "Degraded", TEXT)
IN_PROGRESS = Health("InProgress", "Progressing", TEXT)
# Nothing is under way, and it is not healthy. kstatus has no word for it.
UNHEALTHY = Health("InProgress", "Degraded", TEXT)

# Outcomes with a reason; the failures in a row; and what they are taken for.
CASES: list[tuple[Callable[[Reason], Outcome], int, Health]] = [
    (lambda it: Settled(TEXT, reason=it), 0, CURRENT),
    (lambda it: Settled(TEXT, ready=False, reason=it), 0, UNHEALTHY),
    (lambda it: Waiting(it, TEXT), 0, IN_PROGRESS),
    (lambda it: Blocked(it, TEXT), 1, FAILED),
    (lambda it: Failed(it, TEXT), 1, IN_PROGRESS),
    (lambda it: Failed(it, TEXT), STALLED_AFTER, FAILED),
    (lambda it: Failed(it, TEXT, observed=False), STALLED_AFTER, IN_PROGRESS),
    (lambda it: Failed(it, TEXT, observed=False, lasting=True), 1, FAILED),
]


def an_object(kind: str) -> Document:
    """Return a new object as the API server has it: the definition has a default for the status."""
    raw = a_manifest(kind, "web", {}, generation=3)
    return {"apiVersion": f"{GROUP}/{VERSION}", **raw, "status": {"observedGeneration": -1}}


def reconciled(raw: Document, outcome: Outcome, failures: int = 0) -> Document:
    """Return the object with the status that the operator writes after that outcome."""
    resource = a_resource(raw)
    status = Status.of(resource.status)
    return {**raw, "status": render(resource, status, conditions_of(outcome, failures), NOW)}


def with_generation(raw: Document, generation: int) -> Document:
    return {**raw, "metadata": {**raw["metadata"], "generation": generation}}


def paused(raw: Document) -> Document:
    metadata = {**raw["metadata"], "annotations": {PAUSED: "true"}}
    raw = {**raw, "metadata": metadata}
    return {**raw, "status": held(a_resource(raw), NOW)}


def kstatus_and_health(objects: Iterable[Document]) -> set[tuple[str, str]]:
    return {(it.kstatus, it.argocd) for it in judged([*objects])}


def test_argo_cd_has_one_check_for_every_kind() -> None:
    defined = {corpus(crd.stem)["base"]["kind"] for crd in CRDS.glob("*.yaml")}

    assert checks().keys() == defined == {*EVERY_KIND}
    assert len(set(checks().values())) == 1


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_reason_of_every_outcome(kind: str) -> None:
    wanted = [(make(reason), failures, it) for make, failures, it in CASES for reason in Reason]
    objects = [reconciled(an_object(kind), outcome, failures) for outcome, failures, _ in wanted]

    assert judged(objects) == [it for _, _, it in wanted]
    assert disagreements(objects) == []


def test_a_new_object_is_in_progress() -> None:
    objects = [an_object(kind) for kind in EVERY_KIND]

    assert judged(objects) == [UNOBSERVED] * len(objects)
    assert disagreements(objects) == []


def every_status() -> list[Document]:
    """Return an object of each kind after each outcome."""
    return [
        reconciled(an_object(kind), make(Reason.BUSY), failures)
        for kind in EVERY_KIND
        for make, failures, _ in CASES
    ]


def test_a_status_that_is_older_than_the_manifest_is_in_progress() -> None:
    objects = [with_generation(it, 4) for it in every_status()]

    assert {*judged(objects)} == {IN_PROGRESS}
    assert disagreements(objects) == []


def test_a_deletion_is_in_progress() -> None:
    deletion = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    objects = [{**it, "metadata": {**it["metadata"], **deletion}} for it in every_status()]

    assert {*judged(objects)} == {Health("Terminating", "Progressing", TEXT)}
    assert disagreements(objects) == []


def test_a_pause_hides_neither_health_nor_failure() -> None:
    objects = [paused(it) for it in every_status()]

    assert kstatus_and_health(objects) == {
        ("Current", "Healthy"),
        ("Failed", "Degraded"),
        ("InProgress", "Suspended"),
    }
    assert disagreements(objects) == []
    assert all(it.message.startswith("Paused by the annotation") for it in judged(objects))


def test_a_pause_that_keeps_a_manifest_waiting_is_suspended() -> None:
    new = [an_object(kind) for kind in EVERY_KIND]
    changed = [with_generation(it, 4) for it in every_status()]
    objects = [paused(it) for it in (*new, *changed)]

    assert kstatus_and_health(objects) == {("InProgress", "Suspended")}
    assert disagreements(objects) == []


def test_a_manifest_that_changes_in_a_pause_is_in_progress_until_the_operator_sees_it() -> None:
    objects = [with_generation(paused(it), 4) for it in every_status()]

    assert kstatus_and_health(objects) == {("InProgress", "Progressing")}
    assert disagreements(objects) == []


def test_the_end_of_a_pause_leaves_what_was_before() -> None:
    before = every_status()
    objects = [{**it, "status": released(a_resource(paused(it)), NOW)} for it in before]

    assert judged(objects) == judged(before)


def an_operation(end: Callable[[Any, Status], Outcome]) -> Document:
    """Return an operation as it is after a reconcile that ended like this."""
    raw = {**an_operation_manifest(generation=3), "apiVersion": f"{GROUP}/{VERSION}"}
    resource, status = a_resource(raw), Status()
    run_status.begin(status, "check")
    conditions = conditions_of(end(resource, status), 0)
    return {**raw, "status": render(resource, status, conditions, NOW)}


@pytest.mark.parametrize(
    ("end", "health"),
    [
        pytest.param(lambda it, to: run_status.complete(it, to, TEXT), CURRENT, id="Complete"),
        *(
            pytest.param(
                lambda it, to, reason=reason: run_status.fail(it, to, reason, TEXT),
                FAILED,
                id=f"Failed: {reason}",
            )
            for reason in Reason
        ),
    ],
)
def test_an_operation_that_is_over(end: Callable[[Any, Status], Outcome], health: Health) -> None:
    operation = an_operation(end)
    later = with_generation(operation, 4)
    later["status"] = acted_upon(later["status"], 4)

    assert judged([operation, later]) == [health, health]
    assert disagreements([operation, later]) == []


def test_an_operation_that_is_suspended() -> None:
    operation = an_operation(lambda _, status: run_status.suspend(status, "check"))

    [found] = judged([operation])
    assert (found.kstatus, found.argocd) == ("InProgress", "Suspended")
    assert disagreements([operation]) == []


def test_an_object_that_lies_is_found() -> None:
    """The stories on servers rely on it: Ready and Reconciling are never True both."""
    lie = reconciled(an_object("SenlinCluster"), Settled(TEXT))
    status = {**lie["status"], "conditions": [*lie["status"]["conditions"]]}
    [ready, reconciling, _] = status["conditions"]
    status["conditions"] = [ready, {**reconciling, "status": "True"}]

    assert disagreements([lie]) == []
    assert len(disagreements([{**lie, "status": status}])) == 1
