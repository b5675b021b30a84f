"""From a Secret to a credential, and to messages that reveal nothing of its content."""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import trustme
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering import LOGIN_KINDS
from senlin_operator.cloud.credentials import (
    Allowed,
    Credential,
    UnreadableSecret,
    fingerprint,
    parse,
    read,
)
from tests.unit.operator.builders import CLOUDS

WHERE = "Secret openstack"
AUTHORITY = trustme.CA()
CA = AUTHORITY.cert_pem.bytes().decode()
CLIENT = AUTHORITY.issue_cert("client.example.org")
CERT = CLIENT.cert_chain_pems[0].bytes().decode()
KEY = CLIENT.private_key_pem.bytes().decode()
AUTH = {
    "auth_url": "http://keystone",
    "username": "u",
    "password": "hunter2",
    "user_domain_id": "default",
}
FILE = "names a file, which is not read here: write its PEM text instead."


def data(text: str | bytes = CLOUDS, **more: str) -> dict[str, str]:
    values = {"clouds.yaml": text, **more}
    return {
        key: base64.b64encode(it if isinstance(it, bytes) else it.encode()).decode()
        for key, it in values.items()
    }


def cloud(auth: Mapping[str, Any] = AUTH, **more: Any) -> str:
    """Return a clouds.yaml whose cloud has these settings."""
    return json.dumps({"clouds": {"openstack": {"auth": dict(auth), **more}}})


def credential(
    secret: Mapping[str, str], name: str = "openstack", allowed: Allowed | None = None
) -> Credential:
    return read(parse(secret, WHERE), name, allowed or Allowed())


def test_a_credential_is_one_cloud_of_the_secret() -> None:
    entry = "{auth: {auth_url: http://k, user_id: %s, password: p}}"
    text = f"clouds: {{openstack: {entry % 'u'}, other: {entry % 'o'}}}"

    found = credential(data(text, cacert=CA))

    assert (found.config.name, found.config.auth["user_id"]) == ("openstack", "u")
    assert found.config.cacert == CA
    assert found.config.tls is not None  # made where it was read, in a thread


@pytest.mark.parametrize("blank", ["", "\n", "  \n\n"])
def test_a_blank_cacert_is_none(blank: str) -> None:
    assert credential(data()).config.cacert is None
    assert credential(data(cacert=blank)).config.cacert is None
    assert credential(data(cloud(cacert=blank, cert=blank, key=blank))).config.cacert is None


def test_the_repr_of_a_credential_has_its_label_and_cloud_only() -> None:
    found = credential(data(cacert=CA))

    assert repr(found) == f"Credential(label='{found.label}', config=Config(openstack))"
    assert repr(parse(data(cacert=CA), WHERE)) == "CredentialsFile(where='Secret openstack')"


@pytest.mark.parametrize(
    ("scope", "project"),
    [
        ({"project_name": "blue", "project_id": "1a2b"}, "blue"),
        ({"project_id": "1a2b"}, "1a2b"),
        ({}, None),
        ({"project_id": "b" * 100}, "b" * 64),
    ],
)
def test_a_credential_names_its_project_if_the_clouds_yaml_does(
    scope: dict[str, str], project: str | None
) -> None:
    assert credential(data(cloud({**AUTH, **scope}))).project == project


def label(*, region: str = "R", **auth: str) -> str:
    return credential(data(cloud({**AUTH, **auth}, region_name=region))).label


def test_the_label_does_not_depend_on_the_password() -> None:
    before = label(project_id="p", password="one")

    assert before == label(project_id="p", password="two", token="t")
    assert before != label(project_id="other", password="one")
    assert before != label(project_id="p", password="one", region="R2")


def test_the_secret_s_own_cacert_replaces_that_of_the_file() -> None:
    other = trustme.CA().cert_pem.bytes().decode()
    in_a_region = {"regions": [{"name": "R", "values": {"cacert": "/etc/hunter2"}}]}

    for entry in ({"cacert": "/etc/hunter2"}, {"cacert": other}, in_a_region):
        assert credential(data(cloud(**entry), cacert=CA)).config.cacert == CA


def test_pem_text_may_stand_in_the_file() -> None:
    found = credential(data(cloud(cacert=f"# ours\n{CA}", cert=CERT, key=KEY)))

    assert found.config.cacert == f"# ours\n{CA}"
    assert (found.config.cert, found.config.key) == (CERT, KEY)


@pytest.mark.parametrize("unverified", [{"verify": False}, {"insecure": "yes"}])
def test_an_administrator_can_have_all_certificates_verified(unverified: Mapping[str, Any]) -> None:
    strict = Allowed(unverified_tls=False)
    secret = data(cloud(**unverified))

    assert not credential(secret).config.verify
    with pytest.raises(UnreadableSecret, match="no cloud without verify, and in openstack it is"):
        credential(secret, allowed=strict)
    assert credential(data(cloud()), allowed=strict).config.verify


def test_a_file_that_is_not_needed_is_not_read() -> None:
    assert credential(data(cloud(cacert="/etc/hunter2", verify=False))).config.cacert is None


def test_what_has_no_quotes_is_text() -> None:
    text = CLOUDS.replace("password: p", "password: 0123, project_id: 0001")

    auth = credential(data(text)).config.auth

    assert (auth["password"], auth["project_id"]) == ("0123", "0001")


def test_only_what_a_login_takes_is_kept() -> None:
    found = credential(data(cloud({**AUTH, "redirect_port": "1", "token": "t"}, networks=[1])))

    assert found.config.auth == AUTH


def test_a_further_kind_of_login_may_be_allowed() -> None:
    auth = {
        "auth_url": "http://k",
        "identity_provider": "corp",
        "protocol": "openid",
        "access_token": "hunter2",
        "project_id": "p",
    }
    secret = data(cloud(auth, auth_type="v3oidcaccesstoken"))

    with pytest.raises(UnreadableSecret, match="is not available here"):
        credential(secret)
    found = credential(secret, allowed=Allowed(frozenset({*LOGIN_KINDS, "v3oidcaccesstoken"})))
    assert found.config.auth_type == "v3oidcaccesstoken"


def fingerprint_of(text: str = CLOUDS, cloud: str = "openstack", **more: str) -> str:
    return credential(data(text, **more), cloud).fingerprint


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(fingerprint_of(CLOUDS + "\n# a comment"), True, id="a comment"),
        pytest.param(
            fingerprint_of(
                "clouds: {openstack: {auth: {user_domain_id: default, password: p, username: u, "
                "auth_url: http://keystone}}}"
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
            fingerprint_of(CLOUDS.replace("}}}", "}, networks: []}}")), True, id="other settings"
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("password: p", "password: q")), False, id="password"
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("}}}", "}, region_name: R}}")), False, id="region"
        ),
        pytest.param(
            fingerprint_of(CLOUDS.replace("}}}", "}, verify: no}}")), False, id="verification"
        ),
        pytest.param(fingerprint_of(cacert=CA), False, id="certificate authority"),
    ],
)
def test_equal_credentials_share_a_fingerprint(other: str, same: bool) -> None:
    assert (other == fingerprint_of()) is same


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        pytest.param({}, " has no key clouds.yaml.", id="no clouds.yaml"),
        pytest.param(
            {"clouds.yaml": "not base64!"}, ": the value of clouds.yaml is not text.", id="base64"
        ),
        pytest.param(data(b"\xff\xfe\0"), ": the value of clouds.yaml is not text.", id="bytes"),
        pytest.param(
            data(CLOUDS + "\n#" + "x" * 2**16),
            ": its clouds.yaml is larger than 64 KiB.",
            id="too large",
        ),
        pytest.param(
            data("clouds:\n  openstack: {password: 'hunter2"),
            ": its clouds.yaml is not valid YAML (line 2, column 33).",
            id="broken YAML",
        ),
        pytest.param(
            data("[" * 500), ": its clouds.yaml is nested too deeply (line 1).", id="deep"
        ),
        pytest.param(
            data("clouds: {openstack: {auth: {}, [1]: hunter2}}"),
            ": its clouds.yaml has a key that is not text (line 1).",
            id="a key that is a list",
        ),
        pytest.param(
            data("clouds: {openstack: {again: &all [*all]}}"),
            ": its clouds.yaml has an alias without an anchor before it (line 1).",
            id="a list in itself",
        ),
        *(
            pytest.param(
                data(text), ": there is no map `clouds:` in the clouds.yaml.", id=f"no map: {text}"
            )
            for text in ("hunter2", "", "[hunter2]", "auth: {password: hunter2}", "clouds: hunter2")
        ),
        pytest.param(
            data("clouds: {b: {password: hunter2}, a: {}}"),
            ": there is no cloud openstack in the clouds.yaml; it has: a, b.",
            id="another cloud",
        ),
        pytest.param(
            data("clouds: {" + ",".join(f"c{n:02}: " for n in range(50)) + "}"),
            ": there is no cloud openstack in the clouds.yaml; it has: "
            "c00, c01, c02, c03, c04, c05, c06, c07, c08, c09, and 40 more.",
            id="many clouds",
        ),
        pytest.param(
            data("clouds: {}"),
            ": there is no cloud openstack in the clouds.yaml; it has: none.",
            id="no cloud",
        ),
        pytest.param(
            data("clouds: {openstack: hunter2}"),
            ": the cloud openstack in the clouds.yaml is no map of settings.",
            id="the cloud is no map",
        ),
        pytest.param(
            data() | {"cacert": "hunter2"}, ": the value of cacert is not text.", id="cacert is"
        ),
        pytest.param(
            data(cacert="hunter2"),
            f": `cacert` of the cloud openstack {FILE}",
            id="cacert is not PEM",
        ),
        pytest.param(
            data(cacert=KEY),
            ": `cacert` of the cloud openstack has a private key, which belongs into `key`.",
            id="cacert is a key",
        ),
        *(
            pytest.param(
                data(cloud(**entry)),
                f": `{key}` of the cloud openstack {FILE}",
                id=f"file: {where}",
            )
            for where, key, entry in (
                ("cacert", "cacert", {"cacert": "/etc/hunter2"}),
                ("cert and key", "cert", {"cert": "/etc/hunter2", "key": "/etc/hunter2"}),
                ("key", "key", {"cert": CERT, "key": "/etc/hunter2"}),
                ("a region", "cacert", {"regions": [{"name": "R", "values": {"cacert": "/x"}}]}),
                ("a region's cert", "cert", {"regions": [{"name": "R", "values": {"cert": "/x"}}]}),
            )
        ),
        *(
            pytest.param(
                data(cloud(auth_type=kind)),
                ": the login of the cloud openstack (`auth_type`) is not available here; available "
                "are: password, token, v3applicationcredential, v3oidcclientcredentials, "
                "v3oidcpassword, v3password, v3token, v3totp.",
                id=kind,
            )
            for kind in (
                *("v3websso", "v3oidcauthcode", "v3oidcdeviceauthz", "v3tokenlessauth", "none"),
                *("v3kerberos", "v3samlpassword", "v3adfspassword", "v3multifactor", "hunter2"),
            )
        ),
        pytest.param(
            data(cloud({**AUTH, "project_name": "blue"})),
            ": the cloud openstack (password) has no project_domain_name or project_domain_id.",
            id="no domain",
        ),
        pytest.param(
            data(cloud(profile="hunter2", auth={})),
            ": the vendor profile of the cloud openstack is in no clouds-public.yaml: "
            "write its auth_url and regions into clouds.yaml.",
            id="a vendor",
        ),
        pytest.param(
            data(cloud(verify="hunter2")),
            ": `verify` of the cloud openstack should be true or false.",
            id="verify",
        ),
        pytest.param(
            data(cloud({**AUTH, "auth_url": "http://admin:hunter2@keystone"})),
            ": `auth_url` of the cloud openstack has a user in it, who belongs into `auth`.",
            id="a user in the address",
        ),
    ],
)
def test_an_unreadable_secret(secret: Mapping[str, str], message: str) -> None:
    with pytest.raises(UnreadableSecret) as caught:
        credential(secret)

    assert str(caught.value) == f"{WHERE}{message}"
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


def said(text: str, name: str = "openstack", **more: str) -> str:
    """Return what may be seen of a Secret, after it is held that this is one sentence."""
    try:
        return repr(credential(data(text, **more), name))
    except UnreadableSecret as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert sentence.startswith(WHERE)
    assert sentence.endswith(".")
    return sentence


@given(yaml_lines, st.sampled_from(["openstack", "other"]))
def test_no_message_reveals_the_content(text: list[str], name: str) -> None:
    assert PASSWORD not in said("\n".join(text), name)


# Rubbish of any shape, in the places that are read, with what has done harm before.
paths = ("/dev/ptmx", "/dev/zero", "/proc/self/fd/1", "~/x", "/etc/passwd", f"/{PASSWORD}")
rubbish = st.sampled_from(
    [
        *(*paths, PASSWORD, None, True, 10**30, -1, float("inf"), "1." + "9" * 5000, "{x}", "\0"),
        *("é", "\u2028", f"http://{PASSWORD}@h", "http://h:x", "http://[", "-----BEGIN ", CA, KEY),
    ]
)
keys = st.sampled_from(
    sorted(
        {"auth", "auth_type", "auth_url", "cacert", "cert", "key", "verify", "insecure", "regions"}
        | {"name", "values", "region_name", "interface", "endpoint_type", "api_timeout", "profile"}
        | {"password", "username", "project_name", "clustering_endpoint_override", "idp_otp_key"}
        | {"clustering_api_version", "clustering_default_microversion", "status_code_retries"}
        | {"default_domain", "region-name", "cloud", "<<", "redirect_port"}
    )
)
nested = st.recursive(
    rubbish,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)
kinds = st.sampled_from([*LOGIN_KINDS, "v3websso", "v3multifactor", "v3kerberos", "none", PASSWORD])
opened: list[str] = []
watching = False


def note_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if watching and event in ("open", "os.open", "os.listdir", "os.scandir", "socket.connect"):
        opened.append(str(arguments[0]))


@pytest.fixture(scope="module")
def opens() -> Iterator[list[str]]:
    """The files and sockets that Python opens meanwhile; nothing removes an audit hook."""
    global watching
    sys.addaudithook(note_opened)
    watching = True
    yield opened
    watching = False


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, nested, max_size=6), st.dictionaries(keys, nested), kinds)
def test_rubbish_opens_no_file_and_becomes_one_sentence(
    opens: list[str], entry: dict[str, Any], auth: dict[str, Any], kind: str
) -> None:
    text = yaml.safe_dump(
        {"clouds": {"openstack": {"auth": {**AUTH, **auth}, "auth_type": kind, **entry}}}
    )
    opens.clear()

    shown = said(text)

    assert PASSWORD not in shown
    assert not [
        file
        for file in opens
        if file.startswith(("/dev", "/proc", "/etc/p", "/s3")) or file.endswith("/x")
    ]


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_become_one_sentence(text: bytes, cacert: bytes) -> None:
    with pytest.raises(UnreadableSecret):
        credential({"clouds.yaml": base64.b64encode(text).decode(), "cacert": cacert.hex()})


contents = st.dictionaries(st.sampled_from(["clouds.yaml", "cacert"]), st.text(max_size=4))


@given(contents, contents)
def test_secrets_with_different_contents_have_different_fingerprints(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is (one == other)


def test_a_secret_without_data_has_a_fingerprint() -> None:
    assert fingerprint(None) == fingerprint({})
