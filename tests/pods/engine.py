"""A real builder of images: buildah, from Debian's packages, and a base image for it.

The base stands in for the one that the Dockerfile names: no registry is asked for images. It is
made of the same release's packages, as Debian's own images are.
"""

import os
import platform
from pathlib import Path

from deploy.image.dockerfile import DOCKERFILE
from sandbox.pods.tools import NAMESPACES
from tools import debian
from tools.cache import cached
from tools.progress import step
from tools.run import Command, run

PACKAGES = (
    "buildah=1.28.2*",
    "golang-github-containers-common=0.50.1*",  # their configuration
    "golang-github-containers-image=5.23.1*",
    "libassuan0=2.5.5*",
    "libdevmapper1.02.1=2:1.02.185*",
    "libgpgme11=1.18.0*",
    "libseccomp2=2.5.4*",
    "runc=1.1.5*",
)
BOOTSTRAP = ("mmdebstrap=1.3.5*",)
# $1 has the packages, $2 what shall outlive this process; the rest is buildah's. It finds itself
# installed, as it expects, and what it writes beside its images is nowhere else to be seen. One of
# its libraries is in /lib, over which nothing is laid: Linux puts at most two overlays together.
_ENTER = """
packages=$1 store=$2
shift 2
mkdir -p "$store/run" "$store/work"
mount -t overlay overlay -o "lowerdir=$packages/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$packages/etc:/etc" /etc
mount -t overlay overlay -o "lowerdir=/run,upperdir=$store/run,workdir=$store/work" /run
export LD_LIBRARY_PATH="$(echo "$packages"/lib/*-linux-gnu)"
exec buildah --root "$store/images" --storage-driver overlay "$@"
"""
# By them the build reaches Debian's and Python's packages as this machine does.
CONFIGURATION = ("/etc/apt", "/etc/pip.conf", "/usr/local/share/ca-certificates")
SOURCES = ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources")
PIP = "PIP_"  # what pip's variables begin with


class Engine:
    """Buildah, with images of its own."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._packages = debian.unpacked("buildah", PACKAGES)

    def command(self, *arguments: str | Path) -> Command:
        """Return a command in Linux namespaces of its own, whose processes all end with it."""
        enter: Command = ["unshare", *NAMESPACES, "--kill-child", "sh", "-ec", _ENTER, "sh"]
        return [*enter, self._packages, self._store, *arguments]

    def make_base(self) -> None:
        """Make the image that the Dockerfile begins with, as Debian makes it."""
        file, files = self._store / "Base", debian_base()
        file.write_text(f'FROM scratch\nADD {files.name} /\nCMD ["bash"]\n')
        run(self.command("build", "--file", file, "--tag", base_name(), files.parent))

    def build(self, checkout: Path, archive: Path, *, time: int) -> None:
        """Build the Dockerfile as its first lines say, into an OCI archive."""
        volumes = [f"--volume={it}:{it}:ro" for it in CONFIGURATION if Path(it).exists()]
        pip_conf = self._store / "pip.conf"
        pip_conf.write_text(pip_settings())
        what_is_here: Command = [
            f"--from={base_name()}",
            "--pull=never",
            "--network=host",
            *volumes,
            f"--volume={pip_conf}:/root/.config/pip/pip.conf:ro",
        ]
        how: Command = ["--identity-label=false", f"--build-arg=SOURCE_DATE_EPOCH={time}"]
        file = DOCKERFILE.relative_to(DOCKERFILE.parents[2])
        build = self.command("build", *what_is_here, *how, "--file", file, "--tag=built", ".")
        run(build, cwd=checkout)
        run(self.command("push", "built", f"oci-archive:{archive}"))


def base_name() -> str:
    """Return the name of the Dockerfile's first image, without its digest.

    Only what comes from a registry can be found by the digest that it has there.
    """
    [first, _] = [it for it in DOCKERFILE.read_text().splitlines() if it.startswith("FROM ")]
    return first.split()[1].partition("@")[0]


def pip_settings() -> str:
    """Return pip's variables as its file of settings has them."""
    settings = {
        name.removeprefix(PIP).lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith(PIP)
    }
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items())])


def debian_base() -> Path:
    """Return the archive of a minimal Debian's files."""

    def make(target: Path) -> None:
        sources = [it for name in SOURCES for it in Path("/etc/apt").glob(name)]
        with step("Made a base image from Debian's packages"):
            mmdebstrap = debian.unpacked("mmdebstrap", BOOTSTRAP) / "usr/bin/mmdebstrap"
            options = ["--mode=root", "--variant=minbase", debian.RELEASE]
            run([mmdebstrap, *options, target / "rootfs.tar", *sources])

    inputs = [debian.RELEASE, *BOOTSTRAP, platform.machine()]
    return cached("debian-base", inputs, make) / "rootfs.tar"
