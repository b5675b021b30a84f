"""The same scenarios on each side: all give the answer written down, but for the differences."""

import pytest

from tests.contract.cloud import Unable
from tests.contract.conftest import Answer
from tests.contract.differences import DIFFERENCES
from tests.contract.scenario import Scenario, Side
from tests.contract.scenarios import SCENARIOS

# Another answer, or none at all, as the side has no such request or thing.
NO_ANSWER = (AssertionError, AttributeError, KeyError, TypeError, Unable)


@pytest.mark.parametrize("scenario", [pytest.param(it, id=it.title) for it in SCENARIOS])
def test_contract(scenario: Scenario, side: Side, answer: Answer) -> None:
    if scenario.title in DIFFERENCES[side]:
        with pytest.raises(NO_ANSWER):
            assert answer(scenario) == scenario.expect
    else:
        assert answer(scenario) == scenario.expect


@pytest.mark.parametrize("reasons", DIFFERENCES.values(), ids=DIFFERENCES)
def test_each_difference_is_about_a_scenario(reasons: dict[str, str]) -> None:
    assert set(reasons) <= {it.title for it in SCENARIOS}
