"""What is in the image: Debian's Python, the libraries, the operator, and a list of all of it.

The Dockerfile and the builder without an engine both take it from here. It is unpacked, not
installed: no package's script runs, and neither pip nor a shell nor a package manager is in it.
"""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from image.sbom import write_sbom
from sandbox.debian import fetch
from sandbox.progress import step
from sandbox.tools import Command, output_of, run
from sandbox.venvs import server_python

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
REQUIREMENTS = REPOSITORY / "requirements" / "runtime.txt"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "operator")  # what the wheel is made of
PROGRAM = "senlin-operator"
PYTHON = "python3.11"
SITE = Path("usr/local/lib") / PYTHON / "dist-packages"
STATUS = Path("var/lib/dpkg/status.d")  # where scanners look for an image without dpkg
UNREAD = ("usr/share/man", "usr/share/locale", "usr/share/lintian")
FILES = {
    "etc/passwd": "root:x:0:0:root:/:/nonexistent\nsenlin:x:65532:65532:senlin:/tmp:/nonexistent\n",
    "etc/group": "root:x:0:\nsenlin:x:65532:\n",
    # Without it glibc asks the name server before it looks into /etc/hosts.
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def make_rootfs(root: Path) -> None:
    """Fill an empty directory with what is the image's root."""
    with step("Unpacked Debian's packages"):
        _unpack_debian(root)
    with step("Installed the pinned libraries and the operator"):
        _install_python_packages(root / SITE)
        _keep_one_program(root)
    _write_files(root)
    with step("Compiled the Python modules"):
        _compile(root)
    write_sbom(root, SITE, STATUS)


def debian_packages() -> list[str]:
    """Return the packages with their versions, as apt takes them."""
    lines = (HERE / "debian.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _unpack_debian(root: Path) -> None:
    (root / STATUS).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as downloads:
        for package in fetch(Path(downloads), debian_packages()):
            run(["dpkg-deb", "--extract", package, root])
            name = package.name.partition("_")[0]
            (root / STATUS / name).write_text(output_of(["dpkg-deb", "--field", package]))
    _keep_copyrights(root / "usr/share/doc")
    for directory in UNREAD:
        shutil.rmtree(root / directory, ignore_errors=True)


def _keep_copyrights(documentation: Path) -> None:
    for file in documentation.rglob("*"):
        if not file.is_dir() and file.name != "copyright":
            file.unlink()


def _install_python_packages(site: Path) -> None:
    pip: Command = [server_python(), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    install: Command = [*pip, "install", "--no-compile", "--target", site]
    run([*install, "--require-hashes", "--only-binary=:all:", "--requirement", REQUIREMENTS])
    shutil.rmtree(site / "bin")  # the libraries' programs
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "source"
        _copy(SOURCES, source)
        # The setuptools that makes the wheel is the pinned one, which a library needs, too.
        environment = {"PYTHONPATH": str(site)}
        make_wheel: Command = [*pip, "wheel", "--no-deps", "--no-build-isolation", source]
        run(make_wheel, cwd=Path(work), env=environment)
        # By its name: installed by its path, it would keep that.
        run([*install, "--no-deps", "--no-index", "--find-links", work, PROGRAM])


def _copy(names: Iterable[str], target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    target.mkdir()
    for name in names:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored)
        else:
            shutil.copy(source, target / name)


def _keep_one_program(root: Path) -> None:
    """Put the operator's program on PATH; its first line names the Python that built it."""
    scripts = root / SITE / "bin"
    _, _, code = (scripts / PROGRAM).read_text().partition("\n")
    program = root / "usr/local/bin" / PROGRAM
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/usr/bin/{PYTHON}\n{code}")
    program.chmod(0o755)
    shutil.rmtree(scripts)


def _write_files(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).write_text(text)
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.write_text("".join(authority.read_text() for authority in authorities))


def _compile(root: Path) -> None:
    """Compile what runs: the image is read-only, and every start would do it again."""
    # Unchecked: by default it notes the source's time, which the image does not keep.
    compileall: Command = [server_python(), "-m", "compileall", "-q", "--invalidation-mode"]
    places: Command = [root / SITE, root / "usr/lib" / PYTHON]
    run([*compileall, "unchecked-hash", "-s", root, "-p", "/", *places])
