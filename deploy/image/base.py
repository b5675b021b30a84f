"""The image without the operator: Debian's Python and the pinned libraries.

Packages are unpacked, not installed: no package's script runs, and the image has neither pip nor a
shell nor a package manager. The result is cached, since it takes half a minute and rarely changes.
"""

import os
import platform
import shutil
import tempfile
from pathlib import Path

from tools.cache import cached
from tools.debian import fetch
from tools.progress import step
from tools.run import Command, output_of, run
from tools.venvs import server_python, virtual_environment

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
REQUIREMENTS = REPOSITORY / "requirements" / "runtime.txt"
TOOLS = REPOSITORY / "requirements" / "image.txt"
PACKAGES = HERE / "debian.txt"
PYTHON = "python3.11"
SITE = Path("usr/local/lib") / PYTHON / "dist-packages"
STATUS = Path("var/lib/dpkg/status.d")  # where scanners look if an image has no dpkg
UNREAD = ("usr/share/man", "usr/share/locale", "usr/share/lintian")
FILES = {
    "etc/passwd": "root:x:0:0:root:/:/nonexistent\nsenlin:x:65532:65532:senlin:/tmp:/nonexistent\n",
    "etc/group": "root:x:0:\nsenlin:x:65532:\n",
    # Without it glibc asks the name server before it reads /etc/hosts.
    "etc/nsswitch.conf": "hosts: files dns\n",
}
SELDOM = "/kubernetes/.*/models/"  # half of all the code; few of these modules are imported


def base() -> Path:
    """Return the directory with the image's content but for the operator."""
    inputs = [
        PACKAGES.read_text(),
        REQUIREMENTS.read_text(),
        TOOLS.read_text(),
        Path(__file__).read_text(),
        platform.machine(),
    ]
    return cached("image-base", inputs, _make)


def debian_packages() -> list[str]:
    """Return Debian's packages with their versions, in apt's notation."""
    lines = PACKAGES.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def build_time() -> int:
    """Return the time of all files in the image, in seconds since 1970."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def tools() -> Path:
    """Return the Python, in a virtual environment, that assembles the image.

    With the machine's Python, a start-up hook of the machine (a .pth file) has imported the image's
    certifi and added the machine's own certificate authority to it.
    """
    return virtual_environment("image-tools", TOOLS, server_python()) / "bin" / "python"


def pip(*arguments: str | Path) -> Command:
    """Return a command of the pip that installs into the image; the image contains no pip."""
    return [tools(), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]


def remove_programs(site: Path) -> None:
    """Remove the packages' programs and their records: they name the Python of the build."""
    shutil.rmtree(site / "bin")
    for record in site.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(it for it in lines if not it.startswith("../../bin/")))


def compile_modules(root: Path, *places: Path) -> None:
    """Compile the modules that run: the image is read-only, so each start would compile them."""
    # Unchecked: by default the compiled file contains the source's time, which the image changes.
    how: Command = ["--invalidation-mode", "unchecked-hash", "-s", root, "-p", "/", "-x", SELDOM]
    same_every_time = {"PYTHONHASHSEED": "0"}  # the order in sets of constants
    compileall: Command = [*_python(root), "-m", "compileall", "-q", "-j", "0", *how]
    home = {"PYTHONHOME": str(root / "usr")}
    run([*compileall, *(root / place for place in places)], env=same_every_time | home)


def _python(root: Path) -> Command:
    """Return the command of the image's own Python, without chroot, which takes root.

    Another Python 3.11 compiles some modules to different code.
    """
    [loader] = root.glob("lib/*-linux-gnu/ld-linux-*.so.*")
    libraries = f"{loader.parent}:{root / 'usr' / loader.parent.relative_to(root)}"
    python = root / "usr/bin" / PYTHON
    return [loader, "--library-path", libraries, python, "-S", "-B"]  # -B: only compileall writes


def _make(root: Path) -> None:
    with step("Unpacked the image's packages from Debian"):
        _unpack_debian(root)
    with step("Installed the image's libraries from PyPI"):
        install = pip("install", "--no-compile", "--target", root / SITE, "--only-binary=:all:")
        run([*install, "--require-hashes", "--requirement", REQUIREMENTS])
        remove_programs(root / SITE)
    _write_files(root)
    compile_modules(root, SITE, Path("usr/lib") / PYTHON)


def _unpack_debian(root: Path) -> None:
    (root / STATUS).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as downloads:
        for package in fetch(Path(downloads), debian_packages()):
            run(["dpkg-deb", "--extract", package, root])
            name = package.name.partition("_")[0]
            (root / STATUS / name).write_text(output_of(["dpkg-deb", "--field", package]))
    for file in (root / "usr/share/doc").rglob("*"):
        if not file.is_dir() and file.name != "copyright":
            file.unlink()
    for directory in UNREAD:
        shutil.rmtree(root / directory, ignore_errors=True)


def _write_files(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).write_text(text)
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.write_text("".join(authority.read_text() for authority in authorities))
