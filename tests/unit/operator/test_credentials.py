"""From a Secret to a credential, and to messages that reveal nothing of its content."""

import base64
from collections.abc import Mapping

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.cloud.credentials import UnreadableSecret, fingerprint, read
from tests.unit.operator.builders import CLOUDS

WHERE = "Secret openstack"
CA = "-----BEGIN CERTIFICATE-----"


def data(text: str | bytes = CLOUDS, **more: str) -> dict[str, str]:
    values = {"clouds.yaml": text, **more}
    return {
        key: base64.b64encode(it if isinstance(it, bytes) else it.encode()).decode()
        for key, it in values.items()
    }


def test_a_credential_is_one_cloud_of_the_secret() -> None:
    text = "clouds: {openstack: {auth: {username: u}}, other: {auth: {username: o}}}"

    credential = read(data(text, cacert=CA), "openstack", WHERE)

    assert credential.cloud == "openstack"
    assert credential.document == {"clouds": {"openstack": {"auth": {"username": "u"}}}}
    assert credential.cacert == CA


def test_a_secret_without_a_cacert_gives_a_credential_without_one() -> None:
    assert read(data(), "openstack", WHERE).cacert is None


def test_the_repr_of_a_credential_has_its_label_and_cloud_only() -> None:
    credential = read(data(cacert=CA), "openstack", WHERE)

    assert repr(credential) == f"Credential(label='{credential.label}', cloud='openstack')"


@pytest.mark.parametrize(
    ("auth", "project"),
    [
        ("{project_name: blue, project_id: 1a2b}", "blue"),
        ("{project_id: 1a2b}", "1a2b"),
        ("{application_credential_id: 1a2b}", None),
        ("{project_name: {blue: true}}", None),
        ("text", None),
        (f"{{project_name: {'b' * 100}}}", "b" * 64),
    ],
)
def test_a_credential_names_its_project_if_the_clouds_yaml_does(
    auth: str, project: str | None
) -> None:
    assert read(data(f"clouds: {{c: {{auth: {auth}}}}}"), "c", WHERE).project == project


def label(auth: str, more: str = "") -> str:
    return read(data(f"clouds: {{c: {{auth: {auth}{more}}}}}"), "c", WHERE).label


def test_the_label_does_not_depend_on_the_password() -> None:
    before = label("{username: u, project_name: p, password: one}")

    assert before == label("{username: u, project_name: p, password: two, token: t}")
    assert before != label("{username: u, project_name: other, password: one}")
    assert before != label("{username: u, project_name: p, password: one}", ", region_name: R")
    assert label("{}") == label("text")


def test_the_secret_s_own_cacert_replaces_a_file_name() -> None:
    text = "clouds: {openstack: {cacert: /etc/ca.pem, region_name: R}}"

    credential = read(data(text, cacert=CA), "openstack", WHERE)

    assert credential.document == {"clouds": {"openstack": {"region_name": "R"}}}


def fingerprint_of(text: str = CLOUDS, cloud: str = "openstack", **more: str) -> str:
    return read(data(text, **more), cloud, WHERE).fingerprint


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(fingerprint_of(CLOUDS + "\n# a comment"), True, id="a comment"),
        pytest.param(
            fingerprint_of(
                "clouds: {openstack: {auth: {password: p, username: u, auth_url: http://keystone}}}"
            ),
            True,
            id="another order",
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("clouds: {", "clouds: {a: {}, ")),
            True,
            id="another cloud in the same file",
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("password: p", "password: q")), False, id="password"
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("}}}", "}, region_name: R}}")), False, id="region"
        ),
        pytest.param(fingerprint_of(cacert=CA), False, id="certificate authority"),
    ],
)
def test_equal_credentials_share_a_fingerprint(other: str, same: bool) -> None:
    assert (other == fingerprint_of()) is same


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        pytest.param({}, "Secret openstack has no key clouds.yaml.", id="no clouds.yaml"),
        pytest.param(
            {"clouds.yaml": "not base64!"},
            "Secret openstack: the value of clouds.yaml is not text.",
            id="not base64",
        ),
        pytest.param(
            data(b"\xff\xfe\x00"),
            "Secret openstack: the value of clouds.yaml is not text.",
            id="bytes",
        ),
        pytest.param(
            data("clouds:\n  openstack: {password: 'hunter2"),
            "Secret openstack: its clouds.yaml is not valid YAML (line 2).",
            id="broken YAML",
        ),
        pytest.param(data("hunter2"), "Secret openstack: its clouds.yaml is not a map.", id="text"),
        pytest.param(data(""), "Secret openstack: its clouds.yaml is not a map.", id="empty"),
        pytest.param(
            data("[hunter2]"), "Secret openstack: its clouds.yaml is not a map.", id="list"
        ),
        pytest.param(
            data("auth: {password: hunter2}"),
            "Secret openstack: its clouds.yaml has no map `clouds`.",
            id="no clouds",
        ),
        pytest.param(
            data("clouds: hunter2"),
            "Secret openstack: its clouds.yaml has no map `clouds`.",
            id="clouds is no map",
        ),
        pytest.param(
            data("clouds: {b: {password: hunter2}, a: {}}"),
            "Secret openstack: its clouds.yaml has no cloud 'openstack'; it has: a, b.",
            id="another cloud",
        ),
        pytest.param(
            data("clouds: {}"),
            "Secret openstack: its clouds.yaml has no cloud 'openstack'; it has: none.",
            id="no cloud",
        ),
        pytest.param(
            data("clouds: {openstack: hunter2}"),
            "Secret openstack: its clouds.yaml has no cloud 'openstack'; it has: openstack.",
            id="the cloud is no map",
        ),
        *(
            pytest.param(
                data(text),
                "Secret openstack: its clouds.yaml is not valid YAML.",
                id=f"invalid YAML: {text[:40]}",
            )
            for text in (
                "clouds: {openstack: {password: 2020-13-45}}",  # no such day
                "clouds: {openstack: {password: 0b_}}",  # no such number
                "[" * 500,  # too deep for Python
            )
        ),
        *(
            pytest.param(
                data(text),
                "Secret openstack: cloud 'openstack' in its clouds.yaml is not made of plain maps.",
                id=f"not plain maps: {text}",
            )
            for text in (
                "clouds: {openstack: {auth: {}, 1: hunter2}}",
                "clouds: {openstack: {2020-01-01: hunter2}}",
                "clouds: {openstack: {again: &all [*all]}}",
            )
        ),
        pytest.param(
            data() | {"cacert": "hunter2"},
            "Secret openstack: the value of cacert is not text.",
            id="cacert is not base64",
        ),
        pytest.param(
            data(cacert="hunter2"),
            "Secret openstack: the value of cacert is not a certificate in PEM form.",
            id="cacert is not PEM",
        ),
        pytest.param(
            data("clouds: {openstack: {cacert: /etc/hunter2}}"),
            "Secret openstack: cacert in its clouds.yaml names a file, which the operator lacks; "
            "a certificate authority goes into the Secret's own key cacert.",
            id="cacert names a file",
        ),
        pytest.param(
            data("clouds: {openstack: {key: /etc/hunter2}}", cacert=CA),
            "Secret openstack: key in its clouds.yaml names a file, which the operator lacks; "
            "a certificate authority goes into the Secret's own key cacert.",
            id="key names a file",
        ),
    ],
)
def test_an_unreadable_secret(secret: Mapping[str, str], message: str) -> None:
    with pytest.raises(UnreadableSecret) as caught:
        read(secret, "openstack", WHERE)

    assert str(caught.value) == message
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None  # a YAML error quotes the line
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


PASSWORD = "s3cr3t-Pa55"
yaml_lines = st.lists(
    st.sampled_from(
        [
            "clouds:",
            "  openstack:",
            "    auth:",
            f"      password: {PASSWORD}",
            f"      password: '{PASSWORD}",
            f"  - {PASSWORD}",
            f"{PASSWORD}",
            f"x: [{PASSWORD}",
            f"x: &{PASSWORD} *{PASSWORD}x",
            f"!!{PASSWORD} x",
            f"%{PASSWORD}",
            f"? {PASSWORD} {{",
            "\t- x",
            "---",
        ]
    ),
    max_size=8,
)


@given(yaml_lines, st.sampled_from(["openstack", "other"]))
def test_no_message_reveals_the_content(text: list[str], cloud: str) -> None:
    try:
        shown = repr(read(data("\n".join(text)), cloud, WHERE))
    except UnreadableSecret as error:
        shown = str(error)

    assert PASSWORD not in shown


contents = st.dictionaries(st.sampled_from(["clouds.yaml", "cacert"]), st.text(max_size=4))


@given(contents, contents)
def test_secrets_with_different_contents_have_different_fingerprints(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is (one == other)


def test_a_secret_without_data_has_a_fingerprint() -> None:
    assert fingerprint(None) == fingerprint({})


words = st.text(st.characters(codec="utf-8"), max_size=5)
values = st.none() | st.booleans() | st.integers() | words


keys = words.filter(lambda it: it not in ("cacert", "cert", "key"))  # those name files


@given(st.dictionaries(keys, values | st.lists(values) | st.dictionaries(words, values)))
def test_any_map_is_accepted_as_a_cloud(entry: dict[str, object]) -> None:
    """The client checks what a cloud must contain."""
    text = yaml.safe_dump({"clouds": {"openstack": entry}})

    assert read(data(text), "openstack", WHERE).document == {"clouds": {"openstack": entry}}
