"""Durations as manifests spell them."""

import pytest

from senlin_operator.kube.duration import parse_duration


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("1h30m", 5400),
        ("1h1m1s", 3661),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("0", 0),
        ("0s", 0),
        ("", 0),
        ("soon", 0),
    ],
)
def test_parse_duration(duration: str, seconds: float) -> None:
    assert parse_duration(duration) == seconds
