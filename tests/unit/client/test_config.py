import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering import Connection
from openstack_clustering import _config as config
from openstack_clustering._auth import create_plugin
from openstack_clustering.exceptions import ConfigException

AUTH = {
    "auth_url": "http://keystone/v3",
    "username": "demo",
    "password": "secret",
    "user_domain_name": "Default",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home; another directory is the working directory."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def write(file: Path, document: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return file


def load(home: Path, cloud: str | None = None, **variables: str) -> config.Config:
    environ = {"HOME": str(home), **variables}
    return config.load(cloud, document=None, environ=environ, overrides={})


def parse(**entry: object) -> config.Config:
    return config.parse("test", {"auth": AUTH, **entry})


def test_file_in_the_working_directory_overrides_the_users(home: Path) -> None:
    write(home / ".config/openstack/clouds.yaml", {"clouds": {"far": {"auth": AUTH}}})
    write(Path("clouds.yml"), {"clouds": {"near": {"auth": AUTH}}})

    assert load(home).name == "near"


def test_file_named_by_a_variable_overrides_all_others(home: Path) -> None:
    write(Path("clouds.yaml"), {"clouds": {"near": {"auth": AUTH}}})
    named = write(home / "named.yaml", {"clouds": {"named": {"auth": AUTH}}})

    assert load(home, OS_CLIENT_CONFIG_FILE=str(named)).name == "named"


def test_json_file_is_read(home: Path) -> None:
    write(Path("clouds.json"), '{"clouds": {"one": {"auth": {"username": "j"}}}}')

    assert load(home).auth["username"] == "j"


def test_secure_file_overrides_clouds_yaml(home: Path) -> None:
    write(Path("clouds.yaml"), {"clouds": {"one": {"auth": {**AUTH, "password": "old"}}}})
    secret = write(home / "s.yaml", {"clouds": {"one": {"auth": {"password": "new"}}}})

    loaded = load(home, OS_CLIENT_SECURE_FILE=str(secret))

    assert (loaded.auth["username"], loaded.auth["password"]) == ("demo", "new")


def test_os_cloud_selects_an_entry_and_other_variables_are_ignored(home: Path) -> None:
    entries = {"one": {"auth": AUTH}, "two": {"auth": AUTH, "region_name": "R2"}}
    write(Path("clouds.yaml"), {"clouds": entries})

    loaded = load(home, OS_CLOUD="two", OS_USERNAME="another", OS_REGION_NAME="R9")

    assert (loaded.name, loaded.auth["username"], loaded.region_name) == ("two", "demo", "R2")


def test_variables_without_os_cloud_override_the_file(home: Path) -> None:
    write(Path("clouds.yaml"), {"clouds": {"one": {"auth": AUTH}}})

    loaded = load(
        home,
        OS_AUTH_URL="http://env/v3",
        OS_USERNAME="env",
        OS_PASSWORD="p",
        OS_TENANT_NAME="blue",
        OS_INSECURE="true",
        OS_ENDPOINT_TYPE="internalURL",
        OS_CLUSTERING_ENDPOINT_OVERRIDE="http://senlin",
        OS_CLUSTERING_DEFAULT_MICROVERSION="1.7",
    )

    assert loaded.auth == {
        "auth_url": "http://env/v3",
        "username": "env",
        "password": "p",
        "project_name": "blue",
    }
    assert (loaded.name, loaded.verify, loaded.interface) == ("envvars", False, "internal")
    assert (loaded.endpoint_override, loaded.microversion) == ("http://senlin", "1.7")


def test_empty_variables_count_as_unset(home: Path) -> None:
    write(Path("clouds.yaml"), {"clouds": {"one": {"auth": AUTH}}})

    assert load(home, OS_CLOUD="", OS_AUTH_URL="", XDG_CONFIG_HOME="").name == "one"


def test_selectors_alone_do_not_describe_a_cloud(home: Path) -> None:
    write(Path("clouds.yaml"), {"clouds": {"one": {"auth": AUTH}}})

    assert load(home, OS_REGION_NAME="R", OS_LOG_CAPTURE="1").name == "one"


def test_document_replaces_files_and_variables(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "another")
    write(Path("clouds.yaml"), {"clouds": {"another": {"auth": AUTH}}})
    document = {"clouds": {"given": {"auth": AUTH}}}

    loaded = config.load(None, document=document, environ=None, overrides={"region_name": "R"})

    assert (loaded.name, loaded.region_name) == ("given", "R")


def test_keywords_override_the_entry() -> None:
    document = {"clouds": {"one": {"auth": AUTH, "region_name": "R1"}}}
    overrides = {"username": "other", "auth": {"password": "another"}, "region_name": "R2"}

    loaded = config.load("one", document=document, environ=None, overrides=overrides)

    assert loaded.auth == {**AUTH, "username": "other", "password": "another"}
    assert loaded.region_name == "R2"


def test_keywords_alone_are_enough(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"OS_AUTH_URL": "http://other", "HOME": str(home)})

    loaded = config.load(None, document=None, environ=None, overrides={**AUTH, "user_id": "u"})

    assert loaded.auth == {**AUTH, "user_id": "u"}


def test_vendor_profile_comes_from_clouds_public_yaml(home: Path) -> None:
    write(Path("clouds-public.yaml"), {"public-clouds": {"v": {"auth": {"auth_url": "http://v"}}}})
    write(Path("clouds.yaml"), {"clouds": {"one": {"profile": "v", "auth": {"username": "u"}}}})

    assert load(home).auth == {"auth_url": "http://v", "username": "u"}


@pytest.mark.parametrize(
    ("files", "cloud", "message"),
    [
        pytest.param({}, None, "A cloud is not configured: no clouds.yaml in", id="nothing"),
        pytest.param({}, "x", "The cloud x is not configured", id="nothing of that name"),
        pytest.param({"a": {}, "b": {}}, None, "Say which cloud to use; .* has: a, b", id="two"),
        pytest.param({"a": {}, "b": {}}, "c", "There is no cloud c in .* has: a, b", id="unknown"),
        pytest.param({"a": 5}, None, "is no map", id="no map"),
        pytest.param({"a": {"profile": "v"}}, None, "write its auth_url", id="unknown vendor"),
    ],
)
def test_missing_cloud_is_named(
    home: Path, files: dict[str, object], cloud: str | None, message: str
) -> None:
    if files:
        write(Path("clouds.yaml"), {"clouds": files})

    with pytest.raises(ConfigException, match=message):
        load(home, cloud)


def test_broken_file_is_named_without_its_content(home: Path) -> None:
    write(Path("clouds.yaml"), "clouds:\n  a: {password: hunter2, \n")

    with pytest.raises(ConfigException, match=r"is not valid YAML \(line 3") as caught:
        load(home)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"interface": "internal"}, {"interface": "internal"}),
        ({"endpoint_type": "adminURL"}, {"interface": "admin"}),
        ({"interface": "public", "clustering_interface": "admin"}, {"interface": "admin"}),
        ({"insecure": True}, {"verify": False}),
        ({"verify": "no"}, {"verify": False}),
        ({"verify": None, "insecure": ""}, {"verify": True}),
        ({"cacert": "~/ca.pem"}, {"cacert": os.path.expanduser("~/ca.pem")}),
        (
            {"cacert": "-----BEGIN CERTIFICATE-----\n~"},
            {"cacert": "-----BEGIN CERTIFICATE-----\n~"},
        ),
        ({"api_timeout": "7"}, {"timeout": 7.0}),
        ({"clustering_status_code_retries": 5}, {"retries": 5}),
        ({"clustering_default_microversion": "latest"}, {"microversion": None}),
        ({"clustering_api_version": "1.10"}, {"microversion": "1.10"}),
        ({"clustering_api_version": "1"}, {"microversion": None}),
        ({"clustering_api_version": 1.0}, {"microversion": None}),
        ({"regions": ["R1", "R2"]}, {"region_name": "R1"}),
        (
            {
                "regions": [{"name": "R1", "values": {"interface": "admin"}}, "R2"],
                "region_name": "R2",
            },
            {"region_name": "R1", "interface": "admin"},
        ),
    ],
)
def test_keys_mean_the_same_as_in_openstacksdk(
    entry: dict[str, object], expected: dict[str, object]
) -> None:
    loaded = parse(**entry)

    assert {key: getattr(loaded, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"auth": 5}, "is no map"),
        ({"interface": "private"}, "public, internal or admin"),
        ({"verify": "perhaps"}, "true or false"),
        ({"verify": ["hunter2"]}, "`verify` of the cloud test is not text"),
        ({"api_timeout": "soon"}, "should be a positive number"),
        ({"api_timeout": 0}, "should be a positive number"),
        ({"api_timeout": ".inf"}, "should be a positive number"),
        ({"clustering_status_code_retries": float("nan")}, "should be a positive number"),
        ({"clustering_default_microversion": "1." + "9" * 5000}, "should look like 1.14"),
        ({"clustering_api_version": "hunter2.5"}, "should look like 1.14"),
        ({"clustering_endpoint_override": "ftp://x"}, "should look like https://"),
        ({"key": "k.pem"}, "`key` without a `cert`"),
        ({"regions": "hunter2"}, "is not a list"),
        ({"regions": [{"values": {}}]}, "has no name"),
        ({"regions": [{"name": "R", "values": "hunter2"}]}, "is no map"),
        ({"auth_type": "v3oidcpassword", "idp_otp_key": "hunter2"}, "would have a person asked"),
    ],
)
def test_invalid_value_is_named(entry: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigException, match=message) as caught:
        parse(**entry)

    assert "hunter2" not in str(caught.value)


def test_numbers_have_upper_bounds() -> None:
    config = parse(api_timeout=10**12, clustering_status_code_retries=10**12)

    assert (config.timeout, config.retries) == (3600, 10)


def test_unknown_region_is_a_keyword_and_not_a_value() -> None:
    document = {"clouds": {"test": {"auth": AUTH, "regions": ["R1", "R2"]}}}

    with pytest.raises(ConfigException, match="has no such region; it has: R1, R2"):
        config.load("test", document=document, environ=None, overrides={"region_name": "R9"})


@pytest.mark.parametrize(
    "url",
    [
        "keystone",
        "http://",
        "http://[::1",
        "ftp://x",
        "http://x:99999999/",
        "http://a b",
        "http://x/\x00",
    ],
)
def test_no_address_is_a_sentence(url: str) -> None:
    for entry in ({"auth": {**AUTH, "auth_url": url}}, {"clustering_endpoint_override": url}):
        with pytest.raises(ConfigException, match="should look like https://"):
            parse(**entry)


def test_password_of_digits_is_text() -> None:
    assert parse(auth={**AUTH, "password": 12345}).auth["password"] == "12345"


def test_domain_beside_a_project_is_the_domain_of_user_and_project() -> None:
    without = {key: value for key, value in AUTH.items() if key != "user_domain_name"}
    auth = parse(auth={**without, "project_name": "blue", "domain_name": "D"}).auth

    assert (auth["user_domain_name"], auth["project_domain_name"]) == ("D", "D")
    assert "domain_name" not in auth


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        (AUTH, "Password"),
        ({"auth_url": "http://k", "token": "t"}, "Token"),
        (
            {
                "auth_url": "http://k",
                "application_credential_id": "i",
                "application_credential_secret": "s",
                "project_name": "ignored",
            },
            "ApplicationCredential",
        ),
    ],
)
def test_login_method_follows_from_the_keys(auth: dict[str, object], kind: str) -> None:
    plugin = create_plugin(config.parse("test", {"auth": auth}))

    assert type(plugin).__name__ == kind
    assert kind != "ApplicationCredential" or plugin.project_name is None


def test_other_plugins_of_keystoneauth1_are_loaded() -> None:
    auth = {"auth_url": "http://k", "username": "u", "passcode": "123456", "user_domain_id": "d"}

    plugin = create_plugin(config.parse("test", {"auth": auth, "auth_type": "v3totp"}))

    assert type(plugin).__name__ == "TOTP"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"auth": {}}, "no auth_url"),
        ({"auth": {"auth_url": "http://k"}}, "no password"),
        ({"auth": {"auth_url": "http://k", "password": "p"}}, "no username or user_id"),
        ({"auth": {**AUTH, "auth_url": "http://k/v2.0/"}}, "Keystone's v2"),
        ({"auth": {"auth_url": "http://k"}, "auth_type": "token"}, "no token"),
        ({"auth": {}, "auth_type": "v3hunter2"}, "is not available here; without further packages"),
        (
            {"auth": {}, "auth_type": "v3kerberos"},
            "is not available here; without further packages",
        ),
        ({"auth": {}, "auth_type": "v3samlpassword"}, "is not available here; without"),
        ({"auth": {}, "auth_type": "v3multifactor"}, "is not available here; without"),
        ({"auth": {}, "auth_type": "v3websso"}, "incomplete login"),
        (
            {"auth": {"auth_url": "http://k"}, "auth_type": "v3websso", "redirect_port": "hunter2"},
            "is not available here",
        ),
        ({"auth": {"auth_url": "http://k"}, "auth_type": "v3oidcpassword"}, "no identity_provider"),
        ({"auth": {**AUTH, "user_domain_name": ""}}, "no user_domain_name or user_domain_id"),
        ({"auth": {**AUTH, "project_name": "p"}}, "no project_domain_name or project_domain_id"),
        ({"auth": {**AUTH, "project_id": "p", "trust_id": "t"}}, "several scopes"),
    ],
)
def test_incomplete_login_is_named(entry: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigException, match=message) as caught:
        create_plugin(config.parse("test", entry))

    assert "hunter2" not in str(caught.value)


def test_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="has no 'regionname'; did you mean region_name"):
        Connection(clouds={"clouds": {"a": {"auth": AUTH}}}, regionname="R")


def test_repr_has_no_secrets() -> None:
    assert "secret" not in repr(parse())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(sorted(config._KEYS - {"auth_type"} | {"regions", "profile"}))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(keys, json_values), st.dictionaries(keys, json_values))
def test_any_entry_is_parsed_or_refused(entry: dict[str, object], auth: dict[str, object]) -> None:
    try:
        loaded = config.parse("test", {"auth": auth, **entry})
        create_plugin(loaded)
    except ConfigException:
        return

    interfaces = loaded.interface if isinstance(loaded.interface, list) else [loaded.interface]
    assert {*interfaces} <= {"public", "internal", "admin"}
