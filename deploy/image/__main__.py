"""Build the image without a container engine.

`python -m deploy.image build | archive DIRECTORY | rootfs DIRECTORY`.
"""

import argparse
import shutil
import sys
from pathlib import Path

from deploy.image.archive import image_archive
from deploy.image.rootfs import make_rootfs, set_times
from tools import debian
from tools.run import ToolError


def build() -> None:
    """Build the image into the cache, for the tests, if this machine can."""
    if debian.obstacle() is None:
        image_archive()


def archive(directory: Path) -> None:
    """Copy the image's OCI archive and its list of contents into a directory."""
    shutil.copytree(image_archive().parent, directory, dirs_exist_ok=True)


def rootfs(directory: Path) -> None:
    """Write the image's root file system into a directory; for the Dockerfile."""
    directory.mkdir(parents=True)
    make_rootfs(directory)
    set_times(directory)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.image", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for function in (build, archive, rootfs):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
        if function is not build:
            command.add_argument("directory", type=Path)
    arguments = vars(parser.parse_args())
    try:
        arguments.pop("function")(**arguments)
    except ToolError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
