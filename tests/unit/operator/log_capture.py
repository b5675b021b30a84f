"""The lines that were logged."""

import json
from typing import Any

import pytest


class LogCapture:
    """The lines that were logged."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        return self._capsys.readouterr().err

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]
