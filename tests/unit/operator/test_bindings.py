"""The policies of a cluster: what is done about which difference."""

import pytest

from senlin_operator.kinds.shared.bindings import (
    Attach,
    Binding,
    Detach,
    Switch,
    condition,
    conflicts,
    enabled,
    plan,
)
from senlin_operator.model.step import Step

A = Binding("a", "oldest-first")
B = Binding("b", "batches")
OFF = Binding("a", "oldest-first", enabled=False)


@pytest.mark.parametrize(
    ("wanted", "observed", "steps"),
    [
        pytest.param((), (), [], id="none wanted, none there: left alone"),
        pytest.param((A, B), (B, A), [], id="as it should be, in another order: left alone"),
        pytest.param((A,), (), [Attach("c", A)], id="missing: attached"),
        pytest.param((OFF,), (), [Attach("c", OFF)], id="missing: attached, disabled"),
        pytest.param((), (A,), [Detach("c", A)], id="not wanted: detached"),
        pytest.param((OFF,), (A,), [Switch("c", OFF)], id="in force: disabled"),
        pytest.param((A,), (OFF,), [Switch("c", A)], id="disabled: in force again"),
        pytest.param((B,), (A,), [Detach("c", A), Attach("c", B)], id="another: room comes first"),
        pytest.param((A,), (Binding("a", "a.uid"),), [], id="called otherwise in Senlin: the same"),
    ],
)
def test_plan(
    wanted: tuple[Binding, ...], observed: tuple[Binding, ...], steps: list[Step]
) -> None:
    assert list(plan("c", wanted, observed)) == steps


def test_the_condition_names_what_is_still_to_be_done() -> None:
    differing = condition((A,), (B,))

    assert (differing.status, differing.reason) == ("False", "PoliciesDiffer")
    assert "detachment of policy batches; attachment of policy oldest-first" in differing.message


def test_the_condition_is_true_when_nothing_is_to_be_done() -> None:
    attached = condition((A,), (A,))

    assert (attached.status, attached.reason) == ("True", "PoliciesAttached")


def typed(name: str, type_: str, *, on: bool = True) -> Binding:
    return Binding(f"id-{name}", name, on, f"senlin.policy.{type_}")


OLD, YOUNG, HOOK = (typed(it, "deletion-1.0") for it in ("old", "young", "hook"))


@pytest.mark.parametrize(
    ("wanted", "pairs"),
    [
        pytest.param((OLD,), [], id="one"),
        pytest.param((OLD, YOUNG), [(OLD, YOUNG)], id="two of a type"),
        pytest.param((OLD, YOUNG, HOOK), [(OLD, YOUNG), (OLD, HOOK)], id="three of a type"),
        pytest.param((OLD, OLD), [], id="one of them, twice"),
        pytest.param((OLD, typed("new", "deletion-1.1")), [], id="two versions"),
        pytest.param((typed("up", "scaling-1.0"), typed("down", "scaling-1.0")), [], id="scaling"),
        pytest.param((A, B), [], id="types that are not known yet"),
    ],
)
def test_conflicts(wanted: tuple[Binding, ...], pairs: list[tuple[Binding, Binding]]) -> None:
    assert conflicts(wanted) == pairs


@pytest.mark.parametrize(
    ("observed", "found"),
    [
        pytest.param((OLD, typed("h", "health-1.2")), "h", id="in any version"),
        pytest.param((typed("h", "health-1.0", on=False),), None, id="switched off"),
        pytest.param((typed("off", "health-1.0", on=False), typed("h", "health-1.2")), "h", id="2"),
        pytest.param((OLD,), None, id="another type"),
    ],
)
def test_enabled(observed: tuple[Binding, ...], found: str | None) -> None:
    binding = enabled(observed, "senlin.policy.health")

    assert (binding.name if binding else None) == found
