"""A file with which openstacksdk logs in does here exactly the same, or a table says why not.

For each file of the corpus openstacksdk's own loader and this client log in to a Keystone that
records: the requests, the region, the interface, the endpoint and the settings of TLS are equal.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.clouds import keystone, ours
from tests.clouds.differences import DIFFERENCES
from tools.venvs import server_python, virtual_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted([*(HERE / "corpus").iterdir(), *(HERE / "variables").iterdir()])
SECRETS = ("hunter2", "pa55", "gAAAA")

Results = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that those of the corpus name."""
    home = tmp_path_factory.mktemp("home")
    authority = trustme.CA()
    client = authority.issue_cert("client.example.org")
    authority.cert_pem.write_to_path(home / "ca.pem")
    client.cert_chain_pems[0].write_to_path(home / "cert.pem")
    client.private_key_pem.write_to_path(home / "key.pem")
    client.private_key_and_cert_chain_pem.write_to_path(home / "both.pem")
    shutil.copy(HERE / "clouds-public.yaml", home)
    return home


@pytest.fixture(scope="module")
def recorder() -> Iterator[keystone.Keystone]:
    with keystone.running() as server:
        yield server


def proxied(recorder: keystone.Keystone, home: Path) -> dict[str, str]:
    proxies = {"http_proxy": recorder.url, "https_proxy": recorder.url, "no_proxy": "127.0.0.1"}
    return {"PATH": os.environ["PATH"], "HOME": str(home), **proxies}


@pytest.fixture(scope="module")
def theirs(recorder: keystone.Keystone, home: Path) -> Results:
    """What openstacksdk does with each file, in one process."""
    sdk = virtual_environment("openstacksdk", ROOT / "requirements/bench.txt", server_python())
    places = map(str, (HERE / "corpus", HERE / "variables", home / "clouds-public.yaml"))
    done = subprocess.run(
        [
            str(sdk / "bin/python"),
            "-W",
            "ignore",
            str(HERE / "sdk_worker.py"),
            recorder.url,
            *places,
        ],
        env=proxied(recorder, home),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return with_requests(json.loads(done.stdout), recorder)


@pytest.fixture(scope="module")
def own(theirs: Results, recorder: keystone.Keystone, home: Path) -> Results:
    """What this client does with each file."""
    results = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", proxied(recorder, home))
        patch.chdir(home)
        for file in FILES:
            recorder.announced = file.name
            results[file.name] = ours.chosen(file, {"HOME": str(home)})
    return with_requests(results, recorder)


def with_requests(
    results: Mapping[str, dict[str, Any]], recorder: keystone.Keystone
) -> dict[str, dict[str, Any]]:
    requests = dict(recorder.logins)
    recorder.logins.clear()
    return {file: {**it, "requests": requests.get(file, [])} for file, it in results.items()}


def compared(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result in one form: two refusals need not have the same words."""
    interface, cert = result.get("interface"), result.get("cert")
    if isinstance(interface, str):  # both clients look up internalURL as internal, and "" as public
        interface = interface.removesuffix("URL") or "public"
    refused = "refused" in result
    return {**result, "refused": refused, "interface": interface, "cert": cert or None}


def test_the_corpus_is_large() -> None:
    assert len(FILES) > 250


@pytest.mark.parametrize("file", [file.name for file in FILES])
def test_a_file_means_what_it_means_to_openstacksdk(
    file: str, theirs: Results, own: Results
) -> None:
    done, difference = own[file], DIFFERENCES.get(file)

    assert not any(secret in done.get("refused", "") for secret in SECRETS)
    if difference is None:
        assert compared(done) == compared(theirs[file])
        return
    assert compared(done) != compared(theirs[file]), "this difference is in the table needlessly"
    if difference.sentence:
        assert difference.sentence in done["refused"]
        assert done["requests"] == []
    assert done.items() >= difference.uses.items()
    assert difference.sends is None or f'"{difference.sends}"' in json.dumps(done["requests"])


def test_refusals_are_sentences_of_the_client(own: Results) -> None:
    """A file that openstacksdk refuses as well is no reason for an exception of another library."""
    expected = ("ConfigException: ", "ConnectFailure: ")
    refusals = [it["refused"] for it in own.values() if "refused" in it]
    assert [it for it in refusals if not it.startswith(expected) or not it.endswith(".")] == []


def test_the_table_names_files_of_the_corpus() -> None:
    assert DIFFERENCES.keys() <= {file.name for file in FILES}
