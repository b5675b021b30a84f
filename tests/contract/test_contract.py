"""The same scenarios on the fake Senlin and on the real one: both give the answer written down."""

import pytest

from tests.contract.conftest import Answer
from tests.contract.differences import DIFFERENCES
from tests.contract.scenario import Scenario
from tests.contract.scenarios import SCENARIOS


@pytest.mark.parametrize("scenario", [pytest.param(it, id=it.title) for it in SCENARIOS])
def test_contract(scenario: Scenario, side: str, answer: Answer) -> None:
    if side == "fake" and scenario.title in DIFFERENCES:
        with pytest.raises((AssertionError, AttributeError)):  # another answer, or none at all
            assert answer(scenario) == scenario.expect
    else:
        assert answer(scenario) == scenario.expect
