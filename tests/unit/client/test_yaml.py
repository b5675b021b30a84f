"""The reader of YAML: text as written, at a bounded cost, and no word of the text in a message."""

import string
from contextlib import suppress
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering import UnreadableText, read_yaml
from openstack_clustering._yaml import read_json

WORDS = [
    *("0123", "12:30:45", "1_000", "0x1F", "0b11", "0o17", "1.10", "1e3", ".inf", ".NaN", "-0"),
    *("yes", "No", "on", "OFF", "true", "False", "y", "n", "0001", "+1", "0b_", "=", "nul"),
    *("2026-11-29", "2026-11-29T01:02:03Z", "2020-13-45"),
]


@pytest.mark.parametrize("word", WORDS)
def test_what_has_no_quotes_is_text(word: str) -> None:
    assert read_yaml(f"password: {word}") == {"password": word}
    assert read_yaml(f"{word}: password") == {word: "password"}


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL", "!!null ~"])
def test_null_alone_is_not_text(word: str) -> None:
    assert read_yaml(f"password: {word}") == {"password": None}


def test_what_has_quotes_is_text() -> None:
    text = "a: 'null'\nb: \"~\"\nc: ''\nd: !!str null\ne: ! null\nf: >-\n  ~\n"

    expected = {"a": "null", "b": "~", "c": "", "d": "null", "e": "null", "f": "~"}
    assert read_yaml(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", {"b": "1", "c": "3"}),
        ("a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x", {"b": "1", "c": "3"}),
        ("a: &x {b: 1}\ne: &y {b: 2, c: 3}\nd: {<<: [*x, *y]}", {"b": "1", "c": "3"}),
        ("a: &x [1]\nd: [*x, *x]", [["1"], ["1"]]),
        ("d: {'<<': text}", {"<<": "text"}),
    ],
)
def test_aliases_and_merge_keys(text: str, value: object) -> None:
    assert read_yaml(text)["d"] == value


def levels(first: str, each: str) -> str:
    """Return lines of which each has ten times the values of the one before."""
    names = string.ascii_lowercase[:10]
    lines = [f"{name}: &{name} {each.format(below)}" for below, name in pairwise(names)]
    return "\n".join([f"a: &a {first}", *lines])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [hunter2", "is not valid YAML (line 2, column 1)"),
        ("hunter2: 1\nhunter2: 2", "has a key twice in one map (line 2)"),
        ("a: 1\n? [hunter2]\n: 2", "has a key that is not text (line 2)"),
        ("~: hunter2", "has a key that is not text (line 1)"),
        ("a: *hunter2", "has an alias without an anchor before it (line 1)"),
        ("a: &hunter2 [*hunter2]", "has an alias without an anchor before it (line 1)"),
        ("a: !hunter2 b", "has a tag such as !vault (line 1)"),
        ("a: !!python/object/apply:os.system [hunter2]", "has a tag such as !vault (line 1)"),
        ("a: !!binary hunter2", "has a tag such as !vault (line 1)"),
        ("<<: hunter2", "merges something that is not a map (line 1)"),
        ("a: 1\n---\nb: hunter2", "has more than one document"),
        ("a: \ud800", "is not valid YAML"),
        ("a: \x00", "is not valid YAML"),
        ("[" * 60_000, "is nested too deeply (line 1)"),
        ("- " * 30_000, "is nested too deeply (line 1)"),
        ("{a: " * 15_000, "is nested too deeply (line 1)"),
        (
            levels("[x,x,x,x,x,x,x,x,x,x]", "[{0}]".replace("{0}", ",".join(["*{0}"] * 10))),
            "stands",
        ),
        (
            levels(
                "{" + ",".join(f"k{n}: v" for n in range(10)) + "}",
                "{{" + ",".join(f"k{n}: {{{{<<: *{{0}}}}}}" for n in range(10)) + "}}",
            ),
            "stands",
        ),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_yaml(text)

    assert str(caught.value).startswith(message)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


plain = st.recursive(
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x85\ufeff"), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc<-", max_size=4), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(plain)
def test_texts_lists_and_maps_are_read_as_pyyaml_writes_them(value: object) -> None:
    assert read_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab:-?!&*<{}[]|>'\"%#,~ \n\t\\0"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_yaml, read_json):
        with suppress(UnreadableText):
            read(text)


def test_json_is_read_with_numbers_as_text() -> None:
    assert read_json('{"a": [0123e1]}'.replace("0123", "12")) == {"a": ["12e1"]}
    with pytest.raises(UnreadableText, match=r"is not valid JSON \(line 2\)"):
        read_json('{"a":\nhunter2}')
    with pytest.raises(UnreadableText, match="is not valid JSON"):
        read_json("[" * 100_000)
