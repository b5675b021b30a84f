"""A type checker sees all of the client; basedpyright is the pyright that is on PyPI."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.venvs import server_python, virtual_environment

ROOT = Path(__file__).parents[2]
MISUSES = {
    "senlin.create_cluster(desired_capacty=3)": 'No parameter named "desired_capacty"',
    "senlin.nodes(clusterid='x')": 'No parameter named "clusterid"',
    "senlin.get_cluster('x').stauts": '"stauts"',
    "senlin.get_cluster('x').name = 'y'": '"name"',
    "next(senlin.nodes()).index.upper()": '"upper"',
}


@pytest.fixture(scope="module")
def pyright() -> list[str]:
    python = virtual_environment("basedpyright", ROOT / "requirements/types.txt", server_python())
    return [str(python / "bin/python"), "-m", "basedpyright", "--outputjson"]


def run(pyright: list[str], *arguments: str, directory: Path) -> Any:
    environment = {**os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
    command = [*pyright, *arguments]
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)


def test_all_public_types_are_known(pyright: list[str], tmp_path: Path) -> None:
    report = run(
        pyright, "--verifytypes", "openstack_clustering", "--ignoreexternal", directory=tmp_path
    )

    found = report["typeCompleteness"]
    unknown = [symbol["name"] for symbol in found["symbols"] if not symbol["isTypeKnown"]]
    assert unknown == []
    assert found["completenessScore"] == 1
    assert len(found["symbols"]) > 500


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_type_error(pyright: list[str], tmp_path: Path, misuse: str) -> None:
    file = tmp_path / "misuse.py"
    file.write_text(
        f"from openstack_clustering import Connection\nsenlin = Connection().cluster\n{misuse}\n"
    )

    report = run(pyright, str(file), directory=tmp_path)

    found = report["generalDiagnostics"]
    errors = [each["message"] for each in found if each["severity"] == "error"]
    assert len(errors) == 1
    assert MISUSES[misuse] in errors[0]
