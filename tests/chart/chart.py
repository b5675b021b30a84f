"""The chart as its tests see it: values in, objects out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox
from tests.operator.tenant import PLURALS

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "senlin-operator"
RELEASE = "senlin-operator"
Document = dict[str, Any]


def rendered(
    sandbox: Sandbox, values: Document, *options: str, namespace: str = RELEASE
) -> list[Document]:
    """Return the objects that the chart makes of these values."""
    arguments = [RELEASE, str(CHART), f"--namespace={namespace}", "--values=-", *options]
    text = sandbox.helm("template", *arguments, input=json.dumps(values))
    return list(documents(text))


def documents(text: str) -> Iterator[Document]:
    return (document for document in yaml.safe_load_all(text) if document)


def named(objects: list[Document], kind: str, name: str = RELEASE) -> Document:
    """Return the one of that kind and name."""
    [found] = [it for it in objects if it["kind"] == kind and it["metadata"]["name"] == name]
    return found


def names(objects: list[Document], kind: str) -> list[str]:
    return [it["metadata"]["name"] for it in objects if it["kind"] == kind]


def pods(objects: list[Document]) -> dict[str, Document]:
    """Return what the pods of a release are like, by what makes them."""
    found = {}
    for it in objects:
        where = f"{it['kind']} {it['metadata']['name']}"
        if it["kind"] == "Pod":
            found[where] = it
        elif "template" in it.get("spec", {}):
            found[where] = it["spec"]["template"]
    return found


def await_served(sandbox: Sandbox) -> None:
    """Ask for our custom resources, as an operator would, until they are served.

    kube-apiserver 1.37 sets up the storage of a kind when it is first asked for. If that is while
    it deletes the kind, it can stop half-way, and goes on five minutes later.
    """
    sandbox.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
    sandbox.kubectl("get", ",".join(PLURALS.values()), "--all-namespaces")
