"""A kubeconfig means to the operator what it means to kubectl: kubectl is the judge."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.access.judge import REFUSED, environment, kubectl, operator
from tests.access.kubeconfigs import ROWS, Parts, document, written


@pytest.mark.parametrize("make", ROWS.values(), ids=ROWS.keys())
async def test_it_is_for_the_api_server_whom_kubectl_is(
    make: object, parts: Parts, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert callable(make)
    kubeconfig = written(parts.directory, make(parts))
    environ = environment(tmp_path)

    assert await operator(kubeconfig, environ) == kubectl(sandbox, kubeconfig, environ)


async def test_of_several_files_the_first_counts(
    parts: Parts, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = document(parts.cluster, {"token": parts.token})
    first["users"] += [{"name": "admin", "user": parts.certificate}]
    second = document({"server": "https://elsewhere.invalid"}, {"token": "wrong"})
    second |= {"current-context": "there"}
    context = {"cluster": "c", "user": "admin"}
    third = {"contexts": [{"name": "there", "context": context}], "current-context": "there"}
    files = [
        written(tmp_path / str(number), content)
        for number, content in enumerate((first, second, third))
    ]
    orders = {"first": (0, 1, 2), "a file that is not there": (3, 0), "third": (2, 1, 0)}
    files.append(tmp_path / "missing")

    answers = {}
    for name, order in orders.items():
        environ = environment(tmp_path, KUBECONFIG=":".join(str(files[number]) for number in order))
        answers[name] = await operator(None, environ)
        assert answers[name] == kubectl(sandbox, None, environ), name
    assert answers["first"][0].startswith("system:serviceaccount:")
    assert answers["third"] == REFUSED  # its context has the second's cluster


async def test_without_a_name_it_is_the_file_in_the_home_directory(
    parts: Parts, sandbox: Sandbox, tmp_path: Path
) -> None:
    written(tmp_path / ".kube", document(parts.cluster, {"token": parts.token}))
    environ = environment(tmp_path)

    found = await operator(None, environ)

    assert found == kubectl(sandbox, None, environ) != REFUSED
