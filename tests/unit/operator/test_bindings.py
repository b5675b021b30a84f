"""The policies of a cluster: what is done about which difference."""

import pytest

from senlin_operator.kinds.bindings import Attach, Binding, Detach, Step, Switch, condition, plan

A = Binding("a", "oldest-first")
B = Binding("b", "batches")
OFF = Binding("a", "oldest-first", enabled=False)


@pytest.mark.parametrize(
    ("wanted", "seen", "steps"),
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
def test_plan(wanted: tuple[Binding, ...], seen: tuple[Binding, ...], steps: list[Step]) -> None:
    assert list(plan("c", wanted, seen)) == steps


def test_the_condition_names_what_is_still_to_be_done() -> None:
    differing = condition((A,), (B,))

    assert (differing.status, differing.reason) == ("False", "PoliciesDiffer")
    assert "detachment of policy batches; attachment of policy oldest-first" in differing.message


def test_the_condition_is_true_when_nothing_is_to_be_done() -> None:
    attached = condition((A,), (A,))

    assert (attached.status, attached.reason) == ("True", "PoliciesAttached")
