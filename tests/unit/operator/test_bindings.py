"""The policies of a cluster: which difference leads to which steps."""

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
    ("desired", "observed", "steps"),
    [
        pytest.param((), (), [], id="none desired, none attached: no step"),
        pytest.param((A, B), (B, A), [], id="the same in another order: no step"),
        pytest.param((A,), (), [Attach("c", A)], id="not attached: attached"),
        pytest.param((OFF,), (), [Attach("c", OFF)], id="not attached: attached, disabled"),
        pytest.param((), (A,), [Detach("c", A)], id="not desired: detached"),
        pytest.param((OFF,), (A,), [Switch("c", OFF)], id="enabled: disabled"),
        pytest.param((A,), (OFF,), [Switch("c", A)], id="disabled: enabled"),
        pytest.param(
            (B,),
            (A,),
            [Detach("c", A), Attach("c", B)],
            id="another policy: detached before the new one is attached",
        ),
        pytest.param(
            (A,),
            (Binding("a", "a.uid"),),
            [],
            id="another name in Senlin: the same policy, no step",
        ),
    ],
)
def test_plan(
    desired: tuple[Binding, ...], observed: tuple[Binding, ...], steps: list[Step]
) -> None:
    assert list(plan("c", desired, observed)) == steps


def test_the_condition_is_false_and_names_the_missing_steps() -> None:
    differing = condition((A,), (B,))

    assert (differing.status, differing.reason) == ("False", "PoliciesDiffer")
    assert "detachment of policy batches; attachment of policy oldest-first" in differing.message


def test_the_condition_is_true_when_no_step_is_missing() -> None:
    attached = condition((A,), (A,))

    assert (attached.status, attached.reason) == ("True", "PoliciesAttached")


def a_binding(name: str, type_: str, *, on: bool = True) -> Binding:
    return Binding(f"id-{name}", name, on, f"senlin.policy.{type_}")


OLD, YOUNG, HOOK = (a_binding(it, "deletion-1.0") for it in ("old", "young", "hook"))


@pytest.mark.parametrize(
    ("desired", "pairs"),
    [
        pytest.param((OLD,), [], id="one policy: no conflict"),
        pytest.param((OLD, YOUNG), [(OLD, YOUNG)], id="two of a type: one pair"),
        pytest.param(
            (OLD, YOUNG, HOOK),
            [(OLD, YOUNG), (OLD, HOOK)],
            id="three of a type: each with the first",
        ),
        pytest.param((OLD, OLD), [], id="the same policy twice: no conflict"),
        pytest.param(
            (OLD, a_binding("new", "deletion-1.1")), [], id="two versions of a type: no conflict"
        ),
        pytest.param(
            (a_binding("up", "scaling-1.0"), a_binding("down", "scaling-1.0")),
            [],
            id="two scaling policies: no conflict",
        ),
        pytest.param((A, B), [], id="types that are not known yet: no conflict"),
    ],
)
def test_conflicts(desired: tuple[Binding, ...], pairs: list[tuple[Binding, Binding]]) -> None:
    assert conflicts(desired) == pairs


@pytest.mark.parametrize(
    ("observed", "found"),
    [
        pytest.param((OLD, a_binding("h", "health-1.2")), "h", id="of any version: found"),
        pytest.param((a_binding("h", "health-1.0", on=False),), None, id="disabled: not found"),
        pytest.param(
            (a_binding("off", "health-1.0", on=False), a_binding("h", "health-1.2")),
            "h",
            id="one disabled, one enabled: the enabled one",
        ),
        pytest.param((OLD,), None, id="another type: not found"),
    ],
)
def test_enabled(observed: tuple[Binding, ...], found: str | None) -> None:
    binding = enabled(observed, "senlin.policy.health")

    assert (binding.name if binding else None) == found
