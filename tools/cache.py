"""A cache outside the repository, for binaries, virtual environments, databases, images.

Each item is a directory whose name contains a hash of its inputs, so a changed input makes a new
item. An item that exists is complete: it is made under another name and then renamed.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.progress import say


def cache_directory() -> Path:
    """Return the directory of all items, which may not exist yet."""
    if chosen := os.environ.get("SENLIN_SANDBOX_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "senlin-operator"


def fingerprint(inputs: Iterable[str | bytes]) -> str:
    """Return a short hash of the inputs; their order counts."""
    digest = hashlib.sha256()
    for part in inputs:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def cached(
    name: str,
    inputs: Iterable[str | bytes],
    make: Callable[[Path], None],
    *,
    keep: int | None = None,
) -> Path:
    """Return the item for these inputs; if there is none, `make` fills an empty directory.

    If two callers need the same item at once, one makes it and the other waits. A directory that a
    failed or killed `make` left is never used as an item, and the next caller removes it.

    Args:
        name: The item's name in the cache.
        inputs: Everything that the item depends on.
        make: Is called with the empty directory.
        keep: How many other items of this name are kept when a new one is made: the most recently
            used. None: all.
    """
    root = cache_directory()
    item = root / f"{name}-{fingerprint(inputs)}"
    if item.is_dir():
        if keep is not None:
            os.utime(item)
        return item
    root.mkdir(parents=True, exist_ok=True)
    with lock(root / f"{name}.lock", f"Another process prepares {name}: waiting for it"):
        if not item.is_dir():
            _make(name, item, make)
            if keep is not None:
                _prune(name, item, keep)
    return item


def _prune(name: str, item: Path, keep: int) -> None:
    """Remove all items of that name but this one and the `keep` most recently used."""
    fingerprints = "[0-9a-f]" * len(fingerprint([]))
    others = [it for it in item.parent.glob(f"{name}-{fingerprints}") if it != item]
    others.sort(key=lambda it: it.stat().st_mtime, reverse=True)
    for unused in others[keep:]:
        shutil.rmtree(unused)


def _make(name: str, item: Path, make: Callable[[Path], None]) -> None:
    for left in item.parent.glob(f"{name}.partial-*"):  # only a killed process leaves one
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix=f"{name}.partial-", dir=item.parent))
    try:
        make(partial)
        partial.chmod(0o755)  # mkdtemp makes it private, but other users may share the cache
        partial.rename(item)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def lock(path: Path, waiting: str | None = None) -> Iterator[None]:
    """Hold the lock file; if another process holds it, print `waiting` and wait.

    The kernel releases the lock when the process ends, even by SIGKILL.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
