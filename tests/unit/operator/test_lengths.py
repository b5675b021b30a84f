"""What is shown of texts and values from outside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.telemetry.lengths import TEXT, bounded, clipped

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda it: st.lists(it) | st.dictionaries(st.text(st.characters(codec=None)), it),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 1024, "a" * 1024),
        ("a" * 1025, "a" * 1021 + "…"),
        ("ä" * 512, "ä" * 512),
        ("ä" * 513, "ä" * 510 + "…"),
        ("😀" * 300, "😀" * 255 + "…"),
        ("half \ud83d", "half ?"),
    ],
)
def test_a_text_is_cut_by_bytes_between_characters(text: str, shown: str) -> None:
    assert clipped(text) == shown
    assert len(shown.encode()) <= TEXT


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"k" * 2000: ["v" * 2000]}, {"k" * 1021 + "…": ["v" * 1021 + "…"]}),
        ([None, True, 5, -1.5], [None, True, 5, -1.5]),
        ([2**53, 10**30, 1e300, -(10**30)], [2**53, str(10**30), "1e+300", str(-(10**30))]),
        ({"list": list(range(2000))}, {"list": list(range(1000))}),
        ({"map": {str(it): 1 for it in range(2000)}}, {"map": {str(it): 1 for it in range(1000)}}),
        ({"much": ["x" * 1000] * 600, "little": 1}, {"little": 1}),
        (("a", "b"), ["a", "b"]),
    ],
    ids=["texts", "others", "numbers", "long list", "large map", "too much", "tuple"],
)
def test_a_value_is_cut_to_what_kubernetes_stores(value: Any, shown: Any) -> None:
    assert bounded(value) == shown


def test_a_value_is_cut_below_a_depth() -> None:
    value: Any = "leaf"
    for _ in range(100):
        value = {"deeper": [value]}

    found, depth = bounded(value), 0
    while found != "…":
        found = found["deeper"] if isinstance(found, dict) else found[0]
        depth += 1
    assert depth == 20


@given(documents)
def test_what_is_cut_can_be_written_and_stays(value: Any) -> None:
    """A status that the API server read differently would be written again and again."""
    shown = bounded(value)
    written = json.dumps(shown, ensure_ascii=False, allow_nan=False).encode()

    assert json.loads(written) == bounded(shown) == shown
