"""Clouds that answer too much, for too long, or with what is no answer; and that lead elsewhere.

Each has a profile. All of these say what is wrong, in one sentence, and beside them a
good tenant goes on.
"""

import gzip
import json
import re
import zlib
from collections import Counter
from typing import Any, NamedTuple

import pytest

from tests.operator.tenant import Document
from tests.operator.test_import import unmanaged
from tests.tenants.crowd import Crowd, Readiness
from tests.tenants.flipping import Keeping
from tests.tenants.hostile_cloud import (
    PASSWORD,
    TOKEN,
    Answer,
    Drip,
    Flood,
    HostileCloud,
    Request,
    Rule,
    a_login,
)

MEBIBYTE = 2**20
SECONDS = 100.0  # until each has its sentence; a request may take a minute
SOON = 10.0  # seconds in which a new profile of the good tenant is Ready
LONGEST = 100_000  # bytes of a status
MOST = 200 * MEBIBYTE  # bytes of memory that all of them may cost
LOGIN = ("POST", "/v3/auth/tokens")
PROFILES = ("GET", "/v1/profiles")
ID = "11111111-2222-3333-4444-555555555555"
INTERNAL = "hunter2"  # a word of a server that only the operator's machine reaches
FLOOD = Flood(gzip.compress(b" " * MEBIBYTE), 1000, {"Content-Encoding": "gzip"})  # 1 MB packed
DEEP = b"[" * 100_000
FORGED = "No.\r\n2099-01-01T00:00:00.000Z INFO forged \x1b[2J"
# What the sentences have in common.
NOT_KEYSTONE = "The server at {url}/v3 is not Keystone: see the auth_url."
OF_LOGIN = "Senlin answers 200: Logging in to Keystone at {url}/v3: the reply (200) has "
OF_LIST = "Senlin answers 200: GET {url}/v1/profiles: the reply (200) has "
NOTHING = "HTTP {} without an error of OpenStack in the reply"


class Case(NamedTuple):
    """What a cloud answers to a request, and the reason and the sentence that come of it."""

    asked: tuple[str, str]
    rule: Rule
    reason: str
    says: str  # with `{url}` for the address of the cloud


def redirecting(request: Request) -> Answer:
    """Redirect to another host: the same server by another name."""
    place = f"http://localhost:{request.port}/sink{request.path}"
    return Answer(status=307, headers={"Location": place})


def an_error(status: int, message: str, **headers: str) -> Answer:
    return Answer({"error": {"code": status, "message": message}}, status, headers)


def a_page(status: int) -> Answer:
    return Answer(f"<h1>Internal</h1> The password is {INTERNAL}.".encode(), status)


def a_profile(**fields: Any) -> Answer:
    spec = {"type": "os.nova.server", "version": "1.0", "properties": {}}
    usual = {"id": ID, "name": "web", "spec": spec, "metadata": {}}
    return Answer(json.dumps({"profiles": [usual | fields]}).encode())


LOGINS = {
    "login-flood": Case(LOGIN, FLOOD, "CloudError", OF_LOGIN + "more than 1 MiB."),
    "login-drip": Case(
        LOGIN, Drip(), "Unreachable", "Logging in to Keystone at {url}/v3: no answer in time."
    ),
    "login-packed": Case(
        LOGIN,
        Answer(zlib.compress(b"{}"), headers={"Content-Encoding": "deflate"}),
        "CloudError",
        OF_LOGIN + "a Content-Encoding that was not asked for.",
    ),
    "login-deep": Case(LOGIN, Answer(DEEP, 201), "CredentialsRejected", NOT_KEYSTONE),
    "login-no-number": Case(
        LOGIN, Answer(b'{"token": NaN}', 201), "CredentialsRejected", NOT_KEYSTONE
    ),
    "login-odd": Case(
        LOGIN,
        Answer({"token": {"catalog": [None], "expires_at": 7}}, 201, {"X-Subject-Token": TOKEN}),
        "CredentialsRejected",
        NOT_KEYSTONE,
    ),
    "login-later": Case(
        LOGIN,
        an_error(429, "Later.", **{"Retry-After": "Mon, 01 Jan 2029 00:00:00 +99999999999999"}),
        "CloudError",
        "Senlin answers 429: Keystone at {url}/v3 answers 429: Later.",
    ),
    "login-page": Case(
        LOGIN,
        a_page(403),
        "CredentialsRejected",
        "Keystone at {url}/v3 refuses user mallory of project login-page: " + NOTHING.format(403),
    ),
    "login-redirected": Case(
        LOGIN,
        redirecting,
        "CredentialsUnreadable",
        "The server at http://127.0.0.1 redirects to another server, which is not followed: the "
        "address of that server is needed instead.",
    ),
    "login-forging": Case(
        LOGIN,
        an_error(401, FORGED, **{"X-Openstack-Request-Id": "\x1b[2J" + "r" * 60_000}),
        "CredentialsRejected",
        "Keystone at {url}/v3 refuses user mallory of project login-forging: No. … INFO forged "
        "\x1b[2J",
    ),
    "login-to-metadata": Case(
        LOGIN,
        a_login("x", "http://169.254.169.254/latest"),
        "CredentialsUnreadable",
        "The address 169.254.169.254 is not allowed; an administrator can allow it with the "
        "operator's setting allowed-endpoints.",
    ),
}
LISTS = {
    "list-flood": Case(
        PROFILES,
        FLOOD,
        "CloudError",
        OF_LIST + "more than fits: --max-lists-mebibytes bounds what all lists take together.",
    ),
    "list-drip": Case(PROFILES, Drip(), "Unreachable", "GET {url}/v1/profiles: no answer in time."),
    "list-packed": Case(
        PROFILES,
        Answer({}, headers={"Content-Encoding": "br"}),
        "CloudError",
        OF_LIST + "a Content-Encoding that was not asked for.",
    ),
    "list-deep": Case(
        PROFILES, Answer(b'{"profiles": ' + DEEP), "CloudError", OF_LIST + "no JSON."
    ),
    "list-number": Case(
        PROFILES, Answer(b'{"profiles": [' + b"9" * 5000), "CloudError", OF_LIST + "no JSON."
    ),
    "list-no-number": Case(
        PROFILES, Answer(b'{"profiles": [NaN]}'), "CloudError", OF_LIST + "no list `profiles`."
    ),
    "list-giant": Case(
        PROFILES,
        Answer({"profiles": [{"id": "x" * 10**6}]}),
        "CloudError",
        "Senlin answers 200: a list has a profile without an id.",
    ),
    "list-page": Case(
        PROFILES, a_page(403), "Rejected", "Senlin refuses it: " + NOTHING.format(403)
    ),
    "list-broken-page": Case(
        PROFILES, a_page(500), "CloudError", "Senlin answers 500: " + NOTHING.format(500)
    ),
    "list-redirected": Case(
        PROFILES,
        redirecting,
        "CloudError",
        "Senlin answers 307: GET {url}/v1/profiles is redirected (307): see the catalogue.",
    ),
}
FINE = "Profile web is as it should be."
SHOWN = {  # profiles with values that are to be shown in a status
    "not-finite": Case(
        PROFILES,
        a_profile(metadata={"nan": float("nan"), "infinite": [float("inf"), -float("inf")]}),
        "Ready",
        FINE,
    ),
    "half": Case(
        PROFILES,
        a_profile(name="half \ud800", metadata={"half": "\ud800", "\udfff": "half"}),
        "Ready",
        "Profile half ? is as it should be.",
    ),
    "giant": Case(
        PROFILES,
        a_profile(
            metadata={
                "y" * 10**5: "z" * 10**5,
                "number": 10**4000,
                **{f"k{at}": "v" * 50 for at in range(5000)},
            }
        ),
        "Ready",
        FINE,
    ),
    "no-map": Case(
        PROFILES,
        a_profile(name=7, spec=[float("nan")], metadata="hunter"),
        "CloudError",
        f"Senlin answers 200: what it says of profile {ID} is unusable: name, spec, metadata.",
    ),
}
CASES = LOGINS | LISTS | SHOWN


class Aftermath(NamedTuple):
    """What the hostile clouds have led to.

    Attributes:
        readiness: That of each object, which has the name of its cloud.
        stolen: The requests that came to where the redirects lead.
        memory: How many more bytes the operator has had at most.
    """

    readiness: Readiness
    stolen: list[Request]
    memory: int


@pytest.fixture(scope="module")
def aftermath(shared_crowd: Crowd, shared_cloud: HostileCloud) -> Aftermath:
    crowd, cloud = shared_crowd, shared_cloud
    before = crowd.operator.peak_memory
    stolen: list[Request] = []

    def steal(request: Request) -> Answer:
        stolen.append(request)
        return Answer()

    cloud.does(".*", ".*", steal, of="sink")
    for at, (name, case) in enumerate(CASES.items()):
        cloud.does(*case.asked, case.rule, of=name)
        namespace = crowd.hostile[at % len(crowd.hostile)]
        crowd.create_secret(namespace, name, json.dumps(cloud.clouds(name)))
        crowd.create(namespace, an_object(crowd, name), secret=name)
    expected = {
        name: (it.reason, it.says.format(url=cloud.url(name))) for name, it in CASES.items()
    }
    readiness = crowd.readiness_once(lambda it: it == expected, SECONDS)
    return Aftermath(readiness, stolen, crowd.operator.peak_memory - before)


def an_object(crowd: Crowd, name: str) -> Document:
    """Return a profile that is to be made, or shown."""
    profile = crowd.good.profile(name)
    return unmanaged(profile, id=ID) if name in SHOWN else profile


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_is_wrong(aftermath: Aftermath, shared_cloud: HostileCloud, name: str) -> None:
    case = CASES[name]
    says = case.says.format(url=shared_cloud.url(name))
    assert aftermath.readiness[name] == (case.reason, says)


def test_a_good_tenant_goes_on(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    assert shared_crowd.seconds_until_ready("beside-hostile-replies") < SOON
    assert aftermath.memory < MOST


def test_statuses_are_short_and_written_once(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    assert aftermath.readiness
    statuses = {name: it["status"] for name, it in shared_crowd.objects("SenlinProfile").items()}
    written = Counter(
        it["objectRef"]["name"]
        for it in shared_crowd.writes()
        if it["objectRef"].get("subresource") == "status"
    )

    assert max(len(json.dumps(status)) for status in statuses.values()) < LONGEST
    assert max(written[name] for name in SHOWN) <= 2


def test_a_number_that_is_not_finite_is_shown_as_none(
    shared_crowd: Crowd, aftermath: Aftermath
) -> None:
    assert aftermath.readiness["not-finite"]
    shown = shared_crowd.objects("SenlinProfile")["not-finite"]["status"]["resource"]

    assert shown["metadata"]["infinite"] == [None, None]
    assert shown["metadata"].get("nan") is None


def test_no_redirect_gets_a_password_or_a_token(aftermath: Aftermath) -> None:
    assert aftermath.readiness
    assert aftermath.stolen == []


def test_nothing_shows_passwords_tokens_or_pages(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    shown = shared_crowd.shown()

    assert aftermath.readiness
    assert [word for word in (PASSWORD, TOKEN, INTERNAL) if word in shown] == []


def test_no_line_of_the_log_is_forged(shared_crowd: Crowd, aftermath: Aftermath) -> None:
    log = shared_crowd.good.log()

    assert "login-forging" in log
    assert "\x1b" not in log
    assert not re.search("^2099", log, re.MULTILINE)
    assert max(map(len, log.splitlines())) < 4000
    assert "Traceback" not in log
    assert aftermath.readiness


def test_the_api_server_is_not_connected_to(
    shared_crowd: Crowd, shared_cloud: HostileCloud
) -> None:
    crowd, name = shared_crowd, "api-server"
    entry = shared_cloud.clouds(name)
    server = crowd.good.sandbox.kubernetes.url
    entry["clouds"]["openstack"]["auth"]["auth_url"] = f"{server}/v3"
    entry["clouds"]["openstack"]["verify"] = "false"
    crowd.create_secret(crowd.hostile[1], name, json.dumps(entry))
    crowd.create(crowd.hostile[1], an_object(crowd, name), secret=name)

    readiness = crowd.readiness_once(lambda it: name in it, SOON)

    refused = "The address 127.0.0.1 is the Kubernetes API server's."
    assert readiness[name] == ("CredentialsUnreadable", refused)


def test_a_list_of_100000_nodes_holds_up_nobody(
    shared_crowd: Crowd, shared_cloud: HostileCloud
) -> None:
    crowd, cloud, name = shared_crowd, shared_cloud, "list-long"
    node = {"profile_id": "p", "cluster_id": "", "status": "ACTIVE", "index": -1}
    nodes = [{"id": f"n-{at}", "name": f"node-{at}", **node} for at in range(100_000)]
    Keeping(cloud, name)
    cloud.does("GET", "/v1/nodes", Answer({"nodes": nodes}), of=name)
    crowd.create_secret(crowd.hostile[1], name, json.dumps(cloud.clouds(name)))
    crowd.create(crowd.hostile[1], an_object(crowd, name), secret=name)

    as_kept = {name: ("Ready", f"Profile {name} is as it should be.")}
    before = crowd.operator.peak_memory
    readiness = crowd.readiness_once(lambda it: as_kept.items() <= it.items(), SECONDS)

    assert as_kept.items() <= readiness.items()
    assert crowd.seconds_until_ready("beside-a-long-list") < SOON
    assert crowd.operator.peak_memory - before < MOST
