"""The files whose words are held to the pages, and the parts of them that are compared."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CODE = re.compile(r"```.*?```|`[^`]*`|<[^>]+>|\]\([^)]*\)", re.DOTALL)


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files of the repository, also those that are not committed yet."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in names.splitlines() if (path := ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    roots = [ROOT / folder for folder in folders]
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)
    ]


def pages() -> list[Path]:
    """Return the pages of prose; decisions are history, and keep the words of their time."""
    return [
        path
        for path in tracked()
        if path.suffix == ".md" and "decisions" not in path.parts and path.name != "CHANGELOG.md"
    ]


@cache
def prose_of(page: Path) -> str:
    """Return a page's text without code, links' targets and comments."""
    return _CODE.sub(" ", page.read_text())


@cache
def descriptions(definition: Path) -> str:
    """Return what `kubectl explain` prints of a definition, without code."""
    return _CODE.sub(" ", "\n".join(_described(yaml.safe_load(definition.read_text()))))


def _described(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield value
            yield from _described(value)
    elif isinstance(node, list):
        for value in node:
            yield from _described(value)


@cache
def identifiers(path: Path) -> tuple[tuple[int, str], ...]:
    """Return the names in a Python file, with their lines."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    return tuple((it.start[0], it.string) for it in tokens if it.type == tokenize.NAME)


@cache
def words_of(identifier: str) -> tuple[str, ...]:
    """Return the words of a snake_case or CamelCase name, in lower case."""
    return tuple(word.lower() for word in _WORDS.findall(identifier))


@cache
def comments(path: Path) -> tuple[tuple[int, str], ...]:
    """Return the comments and docstrings of a Python file, with their lines."""
    return tuple(_comments(path))


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text:
                yield node.body[0].lineno, text


def defined_names() -> set[str]:
    """Return all names in the Python files."""
    return {
        name
        for path in python_files("operator", "tests", "sandbox", "tools", "deploy", "docs")
        for _, name in identifiers(path)
    }
