"""Every name that is made from another one is a name that Kubernetes and Senlin take."""

import re
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kinds import KINDS
from senlin_operator.kinds.cluster import dependents
from senlin_operator.kinds.cluster.desired import NODE_NAME_FORMAT, desired
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource, is_label_value, label_value
from senlin_operator.model.ownership import Owner, with_suffix
from tests.unit.operator.builders import (
    a_cluster_manifest,
    a_policy_manifest,
    a_profile_manifest,
    a_receiver_manifest,
    a_template_manifest,
)

UID = "5f0c5d6e-8f0a-4b7e-9a3b-0123456789ab"
# Kubernetes: apimachinery, validation.IsDNS1123Subdomain.
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
# Senlin 16: senlin.common.schema and senlin.objects.fields.NameField.
_OF_SENLIN = re.compile(r"[A-Za-z0-9._~-]{1,255}")
_PARTS = st.from_regex(re.compile(_LABEL), fullmatch=True)


def is_a_name(text: str) -> bool:
    return len(text) <= 253 and bool(_SUBDOMAIN.fullmatch(text))


@st.composite
def names(draw: st.DrawFn, most: int = 253) -> str:
    """Draw a name that Kubernetes takes, often a long one with dots and hyphens where it is cut."""
    if draw(st.booleans()):
        length = draw(st.integers(min_value=190, max_value=most))
        text = list("a" * length)
        for place in draw(st.sets(st.integers(min_value=195, max_value=200))):
            if place < length:
                text[place] = draw(st.sampled_from("-."))
        text[0] = text[-1] = "a"
        name = "".join(text)
    else:
        name = ".".join(draw(st.lists(_PARTS, min_size=1, max_size=9)))[:most]
    return name if is_a_name(name) else re.sub(r"[-.]", "a", name)


@given(names())
def test_the_profile_of_a_cluster(name: str) -> None:
    assert is_a_name(profile_name(renamed(a_template_manifest(), name)))


@given(names(), st.uuids())
def test_the_mirror_of_a_node(name: str, node: Any) -> None:
    mirror = dependents._mirror(renamed(a_cluster_manifest(), name), str(node), "web-1")

    assert is_a_name(mirror.name)
    assert all(is_label_value(value) for value in mirror.labels.values())


@given(names())
def test_an_event(name: str) -> None:
    recorder = Recorder(cast("KubeClient", None))

    assert is_a_name(recorder._name(renamed(a_cluster_manifest(), name), datetime.now(UTC)))


@given(names())
def test_the_label_of_a_cluster(name: str) -> None:
    assert is_label_value(label_value(renamed(a_cluster_manifest(), name)))


@given(names())
def test_the_nodes_of_a_cluster(name: str) -> None:
    small = Key("SenlinProfile", "team", "small")
    profile = Resource("SenlinProfile", {**a_profile_manifest(), "status": {"id": "profile-1"}})

    wanted = desired(renamed(a_cluster_manifest(), name), {small: profile})

    node = wanted.config[NODE_NAME_FORMAT].replace("$8R", "abcdefgh")
    assert _OF_SENLIN.fullmatch(node)
    assert node.startswith(name[:246])


@pytest.mark.parametrize("manifest", [a_policy_manifest, a_receiver_manifest])
@given(name=names(most=200))  # longer ones are refused at apply
def test_what_has_its_owner_in_its_name(manifest: Any, name: str) -> None:
    raw = manifest()
    resource = renamed(raw, name)
    references = {
        key: Resource(key.kind, {**a_cluster_manifest(key.name), "status": {"id": "cluster-1"}})
        for key in KINDS[raw["kind"]].references(resource)
    }

    shown = KINDS[raw["kind"]].desired(resource, references).name
    in_senlin = with_suffix(shown, Owner("3f0a3a4e-0f51-4f8a-9a52-6b0e2c1d7f10", "x", resource.key))

    assert shown == name
    assert _OF_SENLIN.fullmatch(in_senlin)


def renamed(raw: Any, name: str) -> Resource:
    metadata = {**raw["metadata"], "name": name, "uid": UID}
    raw["spec"]["resource"].pop("name", None)
    return Resource(raw["kind"], {**raw, "metadata": metadata})
