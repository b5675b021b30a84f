"""Kubeconfigs: from files to one cluster and one user, as kubectl reads them.

Source: k8s.io/client-go/tools/clientcmd. The loader of the library `kubernetes` is not used: of
several files it takes the last current-context where kubectl takes the first, and it ignores
impersonation, and errors of exec plugins.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_FILES = {  # fields that name files, by their section
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
}
_Document = Mapping[str, Any]


class AccessError(Exception):
    """No access to Kubernetes is configured, or the configuration cannot be used."""


@dataclass(frozen=True, slots=True)
class Context:
    """One cluster, and who the operator is there: entries of kubeconfigs with absolute paths."""

    cluster: _Document
    user: _Document
    namespace: str = "default"


def find(
    kubeconfig: str | None,
    environ: Mapping[str, str],
    account: Path = _ACCOUNT,
    *,
    context: str | None = None,
) -> Context:
    """Return the cluster and the user of the kubeconfig, or of the pod.

    Args:
        kubeconfig: The file that a person has named; None: the files of KUBECONFIG, else in a pod
            its service account, elsewhere ~/.kube/config.
        environ: The environment.
        account: Where Kubernetes mounts the service account of a pod.
        context: The name of a context that a person has named; None: the current one.

    Raises:
        AccessError: There is no file, or one is not a kubeconfig.
        OSError: A file cannot be read.
    """
    if kubeconfig is not None:
        return current(merged([read(Path(kubeconfig))]), kubeconfig, context)
    named = [Path(path) for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    if not named and not context and (account / "token").exists():
        return _of_pod(environ, account)
    candidates = named or [_usual(environ)]
    source = ", ".join(map(str, candidates))
    files = [path for path in candidates if path.exists()]
    if not files:
        raise AccessError(f"no such file: {source}")
    return current(merged(read(path) for path in files), source, context)


def read(path: Path) -> _Document:
    """Return a kubeconfig whose paths are absolute.

    Raises:
        AccessError: It is not a kubeconfig. The message has nothing of its content.
        OSError: The file cannot be read.
    """
    content = path.read_bytes()
    try:
        document = yaml.safe_load(content)
        sections = {name: _named(document.get(name), field) for name, field in _SECTIONS.items()}
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError):
        raise AccessError(f"{path} is not a kubeconfig.") from None
    directory = path.absolute().parent
    for section, fields in _FILES.items():
        sections[section] = {
            name: _resolved(entry, fields, directory) for name, entry in sections[section].items()
        }
    return {**sections, "current-context": document.get("current-context") or ""}


def merged(documents: Iterable[_Document]) -> _Document:
    """Return one document: of several entries of a name, and of several contexts, the first."""
    result: dict[str, Any] = {**{section: {} for section in _SECTIONS}, "current-context": ""}
    for document in documents:
        for section in _SECTIONS:
            result[section] = {**document[section], **result[section]}
        result["current-context"] = result["current-context"] or document["current-context"]
    return result


def current(document: _Document, source: str, name: str | None = None) -> Context:
    """Return the cluster and the user of the current context, or of the named one.

    Args:
        document: All that the kubeconfigs have.
        source: Their names, for errors.
        name: The name of a context; None: the current one.

    Raises:
        AccessError: There is none, or it refers to nothing.
    """
    name = name or document["current-context"]
    if not name:
        raise AccessError(f"{source} has no current-context.")
    context = _entry(document, "contexts", name, source)
    cluster = _entry(document, "clusters", context.get("cluster", ""), source)
    user = context.get("user")
    return Context(
        cluster,
        _entry(document, "users", user, source) if user else {},
        context.get("namespace") or "default",
    )


def _entry(document: _Document, section: str, name: str, source: str) -> _Document:
    entry: _Document | None = document[section].get(name)
    if entry is None:
        text = f"{source} has no {_SECTIONS[section]} {name!r}, which its current context needs."
        raise AccessError(text)
    return entry


def _named(entries: Iterable[_Document] | None, field: str) -> dict[str, _Document]:
    """Return the entries of a list by their names."""
    given = list(entries or ())
    result: dict[str, _Document]
    result = {entry["name"]: dict(entry.get(field) or {}) for entry in given}
    if len(result) != len(given):
        raise ValueError("two entries have one name")
    return result


def _resolved(entry: _Document, fields: Iterable[str], directory: Path) -> _Document:
    """Return an entry whose paths do not depend on the current directory."""
    paths: dict[str, Any] = {
        name: str(directory / entry[name]) for name in fields if entry.get(name)
    }
    plugin = entry.get("exec") or {}
    if os.sep in str(plugin.get("command", "")):  # else it is found by PATH
        paths["exec"] = {**plugin, "command": str(directory / plugin["command"])}
    return {**entry, **paths}


def _of_pod(environ: Mapping[str, str], account: Path) -> Context:
    host, port = (environ.get(f"KUBERNETES_SERVICE_{part}", "") for part in ("HOST", "PORT"))
    if not host or not port:
        raise AccessError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set.")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = {"server": server, "certificate-authority": str(account / "ca.crt")}
    return Context(cluster, {"tokenFile": str(account / "token")})


def _usual(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home()) / ".kube" / "config"
