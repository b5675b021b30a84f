"""Tracing is off without an endpoint, and needs its library with one."""

import sys

import pytest

from senlin_operator.telemetry import tracing


def test_without_an_endpoint_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with tracing.exported(None), tracing.span("reconcile", kind="SenlinCluster"):
        tracing.record("GET", 0.1, status=200)
        tracing.annotate(outcome="Settled")
        assert tracing.exemplar() is None


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with (
        pytest.raises(tracing.MissingLibrary, match=r"operator,tracing"),
        tracing.exported("http://collector:4318"),
    ):
        pass
