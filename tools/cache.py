"""What is made once and kept outside the repository: binaries, virtual environments, databases.

Every item is a directory whose name holds a hash of all that went into it, so that a changed
input makes a new item. An item that exists is complete: it is made beside its place and renamed.
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
    """Return the directory of all items; it need not exist yet."""
    if chosen := os.environ.get("SENLIN_SANDBOX_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "senlin-operator"


def fingerprint(inputs: Iterable[str | bytes]) -> str:
    """Return a short hash of the inputs, in their order."""
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
    """Return the item of these inputs; `make` fills an empty directory if there is none yet.

    Two callers at once make it once: the second waits. What a failed or killed `make` left is
    never taken for an item, and the next caller removes it.

    Args:
        name: What it is called in the cache.
        inputs: All that it depends on.
        make: Is given the empty directory.
        keep: How many other items of this name are left there when one is made, those that were
            asked for last; None: all.
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
    """Remove the items of that name that nobody has asked for in a long time."""
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
        partial.chmod(0o755)  # mkdtemp keeps others out; what is finished may be shared
        partial.rename(item)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def lock(path: Path, waiting: str | None = None) -> Iterator[None]:
    """Hold the lock file; if another process holds it, say `waiting` and wait.

    The kernel frees the lock when its holder dies, however it dies.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
