"""The examples of the documentation work unchanged."""

import re
from pathlib import Path

import pytest
import yaml

from openstack_clustering import Connection
from sandbox import Sandbox

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["client.md", "from-openstacksdk.md"])
def test_examples(
    sandbox: Sandbox, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cloud,) = sandbox.clouds("green-1")["clouds"].values()
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mycloud": cloud}}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    examples = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)
    assert examples

    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, page, "exec"), names)

    connection = names["connection"]
    assert isinstance(connection, Connection)
    assert hasattr(connection, "cluster")
    connection.close()
