"""An overlay is what a copy would be, and costs what has changed."""

from collections.abc import Iterator, Mapping

from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.cloud.overlay import Overlay, grouped, regrouped, unshared

KEYS = st.sampled_from("abcdefgh")
VALUES = st.dictionaries(KEYS, st.sampled_from("xyz"))
CHANGES = st.lists(st.dictionaries(KEYS, st.none() | st.sampled_from("xyz")), max_size=4)


def copied(values: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    """Return a copy with the changes."""
    return {key: it for key, it in {**values, **changed}.items() if it is not None}


@given(VALUES, CHANGES)
def test_it_is_what_a_copy_would_be(values: dict[str, str], changes: list[dict[str, str]]) -> None:
    overlay: Mapping[str, str] = values
    for changed in changes:
        overlay, values = Overlay(overlay, changed), copied(values, changed)
        assert dict(overlay) == values
        assert len(overlay) == len(values)
        assert {key: overlay.get(key) for key in "abcdefgh"} == {
            key: values.get(key) for key in "abcdefgh"
        }


@given(VALUES, CHANGES)
def test_groups_are_what_grouping_again_gives(
    values: dict[str, str], changes: list[dict[str, str | None]]
) -> None:
    groups = grouped(values)
    for changed in changes:
        before = {key: values[key] for key in changed if key in values}
        now = {key: it for key, it in changed.items() if it is not None}
        groups, values = regrouped(groups, before, now), copied(values, changed)
        assert {value: {*ids} for value, ids in groups.items()} == {
            value: {*ids} for value, ids in grouped(values).items()
        }


@given(VALUES, CHANGES, VALUES)
def test_what_is_shared_does_not_differ(
    values: dict[str, str], changes: list[dict[str, str | None]], others: dict[str, str]
) -> None:
    before: Mapping[str, str] = values
    for changed in changes:
        now = Overlay(before, changed)
        differing = {key for key in "abcdefgh" if before.get(key) != now.get(key)}
        assert differing <= {*unshared(before, now)}
        assert {*unshared(before, others)} == before.keys() | others.keys()
        before = now


class Counted(Mapping[str, str]):
    """Counts how often all of it is walked through."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.walks = 0

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return iter(self._values)


def test_what_has_not_changed_is_not_walked_through() -> None:
    values = Counted({str(at): str(at % 100) for at in range(10_000)})
    groups = grouped(values)
    values.walks = 0
    first = Overlay(values, {"1": None, "2": "new"})
    second = Overlay(first, {"3": "new"})
    changed = regrouped(groups, {"1": "1", "2": "2", "3": "3"}, {"2": "new", "3": "new"})

    assert {*unshared(first, second)} == {"1", "2", "3"}
    assert {*unshared(values, first)} == {"1", "2"}
    assert changed["new"] == ("2", "3")
    assert (second["3"], second["4"], len(second)) == ("new", "4", 9_999)
    assert values.walks == 0
