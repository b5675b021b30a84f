"""Secrets that read files, unfold, recurse, ask for a person, or hide a password in a message.

Each has a profile. All are refused in one sentence, and beside them a good tenant goes on.
"""

import errno
import json
import os
import string
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.tenants.crowd import Crowd, Readiness
from tests.tenants.hostile_cloud import PASSWORD

AUTH = {
    "auth_url": "http://keystone.invalid",
    "username": "mallory",
    "password": PASSWORD,
    "user_domain_name": "Default",
}
FIFO = "{fifo}"  # a file that nobody has written: who opens it waits for ever
UNREADABLE = "CredentialsUnreadable"
SECONDS = 60.0  # until all are refused; the good tenant waits less
SOON = 10.0  # seconds in which a new profile of the good tenant is Ready
MOST = 48 * 2**20  # bytes of memory that all of them may cost


class Case(NamedTuple):
    """What is in a Secret, and what is said of it after its name."""

    content: str | bytes
    says: str


def cloud(auth: Mapping[str, Any] = AUTH, **more: Any) -> str:
    """Return a clouds.yaml whose cloud has these settings."""
    return json.dumps({"clouds": {"openstack": {"auth": dict(auth), **more}}})


def in_a_region(**values: Any) -> str:
    return cloud(regions=[{"name": "RegionOne", "values": values}])


def unfolding(first: str, each: str) -> str:
    """Return a few lines, of which each stands for ten times the values of the one before."""
    names = string.ascii_lowercase[:10]
    lines = [f"{name}: &{name} {each.replace('?', below)}" for below, name in pairwise(names)]
    return "\n".join([f"a: &a {first}", *lines, "clouds: {openstack: {auth: *j}}"])


def a_file(key: str) -> str:
    return (
        f": `{key}` of the cloud openstack names a file, which is not read here: write its PEM "
        "text instead."
    )


NOT_HERE = (
    ": the login of the cloud openstack (`auth_type`) is not available here; available are: "
    "password, token, v3applicationcredential, v3oidcclientcredentials, v3oidcpassword, "
    "v3password, v3token, v3totp."
)
TOO_MANY = ": its clouds.yaml stands for too many values (line {})."
NO_NUMBER = ": `{}` of the cloud openstack should be a positive number."
MAPS = "{" + ",".join(f"k{at}: {{<<: *?}}" for at in range(10)) + "}"

FILES = {
    "file": Case(cloud(cacert=FIFO), a_file("cacert")),
    "file-in-a-region": Case(in_a_region(cacert=FIFO), a_file("cacert")),
    "certificate-in-a-region": Case(in_a_region(cert=FIFO, key=FIFO), a_file("cert")),
    "terminal-in-a-region": Case(in_a_region(cacert="/dev/ptmx"), a_file("cacert")),
    "output-in-a-region": Case(in_a_region(cert="/proc/self/fd/1"), a_file("cert")),
    "file-of-a-vendor": Case(
        cloud({}, profile=FIFO),
        ": the vendor profile of the cloud openstack is in no clouds-public.yaml: write its "
        "auth_url and regions into clouds.yaml.",
    ),
}
BOMBS = {
    "aliases": Case(
        unfolding("[x,x,x,x,x,x,x,x,x]", f"[{','.join(['*?'] * 10)}]"), TOO_MANY.format(5)
    ),
    "merge-keys": Case(unfolding("{x: y}", MAPS), TOO_MANY.format(6)),
    "deep": Case("[" * 30_000, ": its clouds.yaml is nested too deeply (line 1)."),
    "in-itself": Case(
        "clouds: &all [*all]",
        ": its clouds.yaml has an alias without an anchor before it (line 1).",
    ),
    "large": Case(
        "clouds:\n" + "  cloud: {auth: {password: p}}\n" * 30_000,
        ": its clouds.yaml is larger than 64 KiB.",
    ),
    "many-clouds": Case(
        "clouds: {" + ", ".join(f"c{at:04}: {{}}" for at in range(5000)) + "}",
        ": there is no cloud openstack in the clouds.yaml; it has: c0000, c0001, c0002, c0003, "
        "c0004, c0005, c0006, c0007, c0008, c0009, and 4990 more.",
    ),
}
LOGINS = {
    kind.replace("_", "-"): Case(cloud(auth_type=kind), NOT_HERE)
    for kind in (
        *("v3websso", "v3oidcauthcode", "v3oidcdeviceauthz", "v3kerberos", "v3multifactor"),
        *("v3tokenlessauth", "none", "http_basic"),
    )
} | {
    "one-time-password": Case(
        cloud({**AUTH, "idp_otp_key": "otp"}),
        ": `idp_otp_key` of the cloud openstack would have a person asked.",
    ),
}
NUMBERS = {
    "timeout": Case(cloud(api_timeout=".inf"), NO_NUMBER.format("api_timeout")),
    "retries": Case(cloud(status_code_retries=".nan"), NO_NUMBER.format("status_code_retries")),
    "microversion": Case(
        cloud(clustering_default_microversion="1." + "9" * 5000),
        ": `default_microversion` of the cloud openstack should look like 1.14.",
    ),
    "port": Case(
        cloud({**AUTH, "auth_url": "http://keystone.invalid:99999"}),
        ": `auth_url` of the cloud openstack should look like "
        "https://keystone.example.org:5000/v3.",
    ),
}
QUOTED = {
    "password-as-verify": Case(
        cloud(verify=PASSWORD), ": `verify` of the cloud openstack should be true or false."
    ),
    "password-in-a-url": Case(
        cloud({**AUTH, "auth_url": f"http://admin:{PASSWORD}@keystone.invalid"}),
        ": `auth_url` of the cloud openstack has a user in it, who belongs into `auth`.",
    ),
    "password-as-kind": Case(cloud(auth_type=PASSWORD), NOT_HERE),
    "password-as-file": Case(cloud(cert=f"/{PASSWORD}", key=PASSWORD), a_file("cert")),
    "password-in-broken-yaml": Case(
        f"clouds: {{openstack: {{password: '{PASSWORD}",
        ": its clouds.yaml is not valid YAML (line 1, column 44).",
    ),
    "password-as-anchor": Case(
        f"clouds: *{PASSWORD}",
        ": its clouds.yaml has an alias without an anchor before it (line 1).",
    ),
}
ODD = {
    "nul": Case(f"clouds: \0{PASSWORD}", ": its clouds.yaml is not valid YAML."),
    "nul-in-an-address": Case(
        cloud({**AUTH, "auth_url": f"http://key\0stone/{PASSWORD}"}),
        ": `auth_url` of the cloud openstack should look like "
        "https://keystone.example.org:5000/v3.",
    ),
    "no-text": Case(b"\xff\xfe\0" + PASSWORD.encode(), ": the value of clouds.yaml is not text."),
    "tag": Case(
        f"clouds: !!python/object/apply:os.system [{PASSWORD}]",
        ": its clouds.yaml has a tag such as !vault (line 1).",
    ),
}
CASES = FILES | BOMBS | LOGINS | NUMBERS | QUOTED | ODD


class Aftermath(NamedTuple):
    """What the hostile Secrets have led to.

    Attributes:
        readiness: That of each profile, which has the name of its Secret.
        opened: Whether somebody has opened the file that some of them name.
        memory: How many more bytes the operator has had at most.
    """

    readiness: Readiness
    opened: bool
    memory: int


@pytest.fixture(scope="module")
def aftermath(shared_crowd: Crowd, tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    crowd, fifo = shared_crowd, tmp_path_factory.mktemp("file") / "ca.pem"
    os.mkfifo(fifo)
    before = crowd.operator.peak_memory
    for at, (name, case) in enumerate(CASES.items()):
        content = case.content
        if isinstance(content, str):
            content = content.replace(FIFO, str(fifo))
        namespace = crowd.hostile[at % len(crowd.hostile)]
        crowd.create_secret(namespace, name, content)
        crowd.create(namespace, crowd.good.profile(name), secret=name)
    readiness = crowd.readiness_once(lambda it: it.keys() == CASES.keys(), SECONDS)
    return Aftermath(readiness, is_open(fifo), crowd.operator.peak_memory - before)


def is_open(fifo: Path) -> bool:
    """Return whether somebody reads it, or waits until it can be read."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno == errno.ENXIO:
            return False
        raise
    return True


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_in_one_sentence(aftermath: Aftermath, name: str) -> None:
    assert aftermath.readiness[name] == (UNREADABLE, f"Secret {name}{CASES[name].says}")


def test_no_file_is_opened(aftermath: Aftermath) -> None:
    assert not aftermath.opened


def test_a_good_tenant_goes_on(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    assert shared_crowd.seconds_until_ready("beside-hostile-secrets") < SOON
    assert aftermath.memory < MOST


def test_nothing_shows_what_the_secrets_say(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    assert aftermath.readiness
    assert PASSWORD not in shared_crowd.shown()
