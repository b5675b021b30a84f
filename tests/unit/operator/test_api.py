"""The body of a server-side apply, which the API server reads as YAML."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube.api import as_yaml

texts = st.text(st.characters(exclude_categories=["Cs"]))
documents = st.recursive(texts | st.integers() | st.none(), lambda it: st.dictionaries(texts, it))


@given(documents)
def test_every_document_is_read_as_it_is(document: Any) -> None:
    wrapped = {"value": document}

    assert yaml.safe_load(as_yaml(wrapped)) == wrapped


@pytest.mark.parametrize("text", ["😀", "\x7f\x85\xa0", "\u2028\u2029", "\ufeff", "\ufffe", "中"])
def test_characters_that_json_and_yaml_write_differently(text: str) -> None:
    assert yaml.safe_load(as_yaml({text: text})) == {text: text}


def test_half_a_pair_of_surrogates_is_replaced() -> None:
    assert yaml.safe_load(as_yaml({"a": "b\ud83d"})) == {"a": "b?"}
