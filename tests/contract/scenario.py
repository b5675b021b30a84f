"""Scenarios: requests to Senlin, and the answer that all sides must give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.contract.cloud import Cloud

Story = Callable[[Cloud], object]
Side = Literal["fake", "simulation", "real"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation and its consequence.

    Attributes:
        title: The situation, a colon, and the consequence.
        expect: What the story returns, as plain data.
        cites: Of each comment in the operator that names Senlin 16 for this fact, some words that
            it has, whatever else it says.
        story: Brings the situation about, and returns the consequence.
    """

    title: str
    expect: object
    cites: tuple[str, ...]
    story: Story


SCENARIOS: list[Scenario] = []


def scenario(
    title: str, *, expect: object, cites: tuple[str, ...] = ()
) -> Callable[[Story], Story]:
    """Have a function be the story of a scenario."""

    def keep(story: Story) -> Story:
        SCENARIOS.append(Scenario(title, expect, cites, story))
        return story

    return keep
