"""The Dockerfile, built by buildah, and the builder without an engine make the same.

The one thing that is not seen here is the image that the Dockerfile begins with: see engine.py.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.image.archive import ARCHIVE, contents
from deploy.image.base import REPOSITORY
from deploy.image.dockerfile import DOCKERFILE
from tests.pods.archives import config_of, entries_of, layer_of
from tests.pods.engine import Engine
from tools.cache import cached
from tools.run import run

BY_ENGINE = "by-engine.tar"
TIME = 1_700_000_000
IGNORE = DOCKERFILE.with_name("Dockerfile.dockerignore")
NEEDED = [it.removeprefix("!") for it in IGNORE.read_text().splitlines() if it.startswith("!")]
# The first time, all that it needs is downloaded; after each change, two images are built.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def both() -> Path:
    """A directory with the archives of both builders, from nothing, and so of the same day."""
    inputs = contents([*NEEDED, "tests/pods/engine.py", "tests/pods/test_dockerfile.py"])
    return cached("image-twice", inputs, build_both, keep=1)


def build_both(target: Path) -> None:
    work = target / "work"
    checkout = copy_of_checkout(work)
    engine = Engine(work)
    engine.make_base()
    engine.build(checkout, target / BY_ENGINE, time=TIME)
    environ = {
        "PYTHONPATH": str(checkout),
        "SENLIN_SANDBOX_CACHE": str(work / "cache"),
        "SOURCE_DATE_EPOCH": str(TIME),
    }
    run([sys.executable, "-m", "deploy.image", "archive", target], env=environ)
    shutil.rmtree(work)


def copy_of_checkout(work: Path) -> Path:
    """Return a copy without what only this checkout has, but with what Python leaves in any."""
    own = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", ".sandbox", "build")
    return Path(shutil.copytree(REPOSITORY, work / "checkout", ignore=own))


def test_an_engine_builds_the_same_files(both: Path) -> None:
    by_engine, by_us = entries_of(both / BY_ENGINE), entries_of(both / ARCHIVE)

    assert len(by_us) > 5000
    assert by_engine.keys() == by_us.keys()
    assert {name: it for name, it in by_engine.items() if it != by_us[name]} == {}


def test_an_engine_says_the_same_of_how_it_is_started(both: Path) -> None:
    assert config_of(both / BY_ENGINE) == config_of(both / ARCHIVE)


@pytest.mark.parametrize("archive", [BY_ENGINE, ARCHIVE])
def test_an_engine_starts_either(both: Path, archive: str, tmp_path: Path) -> None:
    """Buildah does not look at the entry point; the pods of the other tests do."""
    engine = Engine(tmp_path)
    run(engine.command("from", "--name=operator", f"oci-archive:{both / archive}"))

    start = engine.command("run", "--network=none", "operator", "--")
    ended = subprocess.run(
        [*start, "senlin-operator", "run", "--workers=many"], capture_output=True, text=True
    )

    sentence, said_by_buildah = ended.stderr.splitlines()
    assert sentence == "senlin-operator: workers is 'many', but should be a number."
    assert said_by_buildah.endswith("exit status 2")


def test_an_engine_sees_what_the_build_needs_and_no_more(tmp_path: Path) -> None:
    checkout = copy_of_checkout(tmp_path)
    (checkout / "operator/senlin_operator/__pycache__").mkdir(exist_ok=True)
    (checkout / "operator/senlin_operator/__pycache__/left.pyc").touch()
    (checkout / ".env").write_text("a secret")
    file = DOCKERFILE.relative_to(REPOSITORY)
    (checkout / file).write_text("FROM scratch\nCOPY . /\n")
    engine = Engine(tmp_path)

    run(engine.command("build", "--file", file, "--tag=seen", "."), cwd=checkout)

    run(engine.command("push", "seen", f"oci-archive:{tmp_path / 'seen.tar'}"))
    with layer_of(tmp_path / "seen.tar") as layer:
        names = [it.name for it in layer if not it.isdir()]
    assert [name for name in names if not name.startswith(tuple(NEEDED))] == []
    assert [name for name in names if "__pycache__" in name or "egg-info" in name] == []
    assert all(any(name.startswith(place) for name in names) for place in NEEDED)
