"""Check the subjects of commits: `python -m tools.commits`, a part of `make check`.

A subject is imperative and has at most 72 characters, so that `git log --oneline` reads as a list
of changes. Commits from before the rule stay as they are.
"""

import re
import subprocess
import sys

_SINCE = "2026-11-28T17:00:00Z"
_LIMIT = 72  # characters
# An optional area, and the first word: "cache: drop objects ...".
_SUBJECT = re.compile(r"(?:[\w/.,-]+: )?(\w+)(?: .*)?")
# First words that show that a subject is not imperative; a full list of verbs would be endless.
_NOT_VERBS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "all",
        "no",
        "not",
        "it",
        "its",
        "what",
        "who",
        "when",
        "where",
    ]
)
_NOT_IMPERATIVE = re.compile(r"\w+(?:ed|ing|[^s]s)")
_IMPERATIVE = frozenset(
    ["bring", "embed", "feed", "focus", "need", "process", "seed", "speed", "string"]
)


def problem(subject: str) -> str | None:
    """Return what is wrong with a subject; None: nothing."""
    if len(subject) > _LIMIT:
        return f"has {len(subject)} characters; {_LIMIT} are allowed"
    match = _SUBJECT.fullmatch(subject)
    word = match[1].lower() if match else ""
    if not word or word in _NOT_VERBS:
        return "does not begin with a verb"
    if _NOT_IMPERATIVE.fullmatch(word) and word not in _IMPERATIVE:
        return f"is not imperative: {word}"
    return None


def main() -> int:
    """Check the commits of the current branch; return the exit code."""
    command = ("git", "log", f"--since={_SINCE}", "--no-merges", "--format=%h %s")
    log = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    problems = 0
    for line in log.splitlines():
        commit, _, subject = line.partition(" ")
        if text := problem(subject):
            problems += 1
            print(f"{commit}: the subject {text}: {subject}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
