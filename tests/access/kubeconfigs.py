"""Kubeconfigs as people have them, each made from the administrator's of a sandbox."""

import base64
import copy
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
_VERSION = "client.authentication.k8s.io/v1"
_PROGRAM = """\
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert info["spec"]["interactive"] is False
{checks}
print(json.dumps({{"apiVersion": {version!r}, "kind": "ExecCredential", "status": {status}}}))
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a kubeconfig is made of."""

    directory: Path  # of the kubeconfig, which is empty but for it
    admin: Document  # the administrator's kubeconfig
    token: str  # of a service account
    proxy: str  # the address of a proxy
    secured: str  # the address of a proxy that wants `user:pass word`

    @property
    def cluster(self) -> Document:
        return copy.deepcopy(self.admin["clusters"][0]["cluster"])

    @property
    def certificate(self) -> Document:
        """Return the user of the administrator, who has a certificate."""
        return copy.deepcopy(self.admin["users"][0]["user"])

    def pem(self, field: str) -> str:
        part = self.cluster | self.certificate
        return base64.b64decode(part[field]).decode()

    def file(self, name: str, content: str, *, executable: bool = False) -> str:
        """Write a file beside the kubeconfig; return its name, which is relative."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        path.chmod(0o755 if executable else 0o600)
        return name

    def program(self, status: str, checks: str = "", version: str = _VERSION) -> Document:
        """Return the `exec` of a program that prints that status (an expression of Python)."""
        text = _PROGRAM.format(checks=checks, version=version, status=status)
        self.file("bin/login", f"#!{sys.executable}\n{text}", executable=True)
        return {"apiVersion": _VERSION, "command": "./bin/login", "interactiveMode": "Never"}


def document(cluster: Document, user: Document, **fields: Any) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        **fields,
    }


def _user(**fields: Any) -> Callable[[Parts], Document]:
    return lambda it: document(it.cluster, {**it.certificate, **fields})


def _cluster(*left_out: str, **fields: Any) -> Callable[[Parts], Document]:
    def make(it: Parts) -> Document:
        given = {**it.cluster, **{name.replace("_", "-"): value for name, value in fields.items()}}
        return document({k: v for k, v in given.items() if k not in left_out}, it.certificate)

    return make


def _token(**fields: Any) -> Callable[[Parts], Document]:
    return lambda it: document(it.cluster, {"token": it.token, **fields})


def _files(it: Parts) -> Document:
    user = {
        "client-certificate": it.file("tls/admin.crt", it.pem("client-certificate-data")),
        "client-key": it.file("tls/admin.key", it.pem("client-key-data")),
    }
    authority = it.file("tls/ca.crt", f"# ours: é\n{it.pem('certificate-authority-data')}")
    return document({"server": it.cluster["server"], "certificate-authority": authority}, user)


def _exec(status: str, **options: str) -> Callable[[Parts], Document]:
    def make(it: Parts) -> Document:
        return document(
            it.cluster, {"exec": it.program(status.replace("TOKEN", it.token), **options)}
        )

    return make


def _exec_certificate(it: Parts) -> Document:
    status = json.dumps(
        {
            "clientCertificateData": it.pem("client-certificate-data"),
            "clientKeyData": it.pem("client-key-data"),
        }
    )
    return document(it.cluster, {"exec": it.program(status)})


def _exec_with_everything(it: Parts) -> Document:
    checks = (
        "assert sys.argv[1:] == ['--region', '1'] and os.environ['WHO'] == 'me'\n"
        "cluster = info['spec']['cluster']\n"
        "assert cluster['server'].startswith('https://'), cluster\n"
        "assert cluster['certificate-authority-data'] and cluster['config'] == {'audience': 'a'}"
    )
    plugin = it.program(f'{{"token": "{it.token}"}}', checks) | {
        "args": ["--region", "1"],
        "env": [{"name": "WHO", "value": "me"}],
        "provideClusterInfo": True,
    }
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    return document(it.cluster | {"extensions": [extension]}, {"exec": plugin})


def _exec_beside(**user: Any) -> Callable[[Parts], Document]:
    """Return a kubeconfig whose user has a program that would be refused, and another login."""

    def make(it: Parts) -> Document:
        plugin = it.program('{"token": "wrong"}')
        given = {name: it.token if value == "TOKEN" else value for name, value in user.items()}
        return document(it.cluster, {"exec": plugin, **(given or it.certificate)})

    return make


def _by_proxy(attribute: str, credentials: str = "", **fields: Any) -> Callable[[Parts], Document]:
    def make(it: Parts) -> Document:
        cluster = {
            **it.cluster,
            "server": "https://kubernetes.invalid:6443",
            "proxy-url": f"http://{credentials}{getattr(it, attribute)}",
            "tls-server-name": "localhost",
        }
        return document({**cluster, **fields}, {"token": it.token})

    return make


ROWS: Mapping[str, Callable[[Parts], Document]] = {
    "a certificate": _user(),
    "certificates in files, by relative paths, with a comment": _files,
    "a certificate without its key": lambda it: document(
        it.cluster, {"client-certificate-data": it.certificate["client-certificate-data"]}
    ),
    "a token": _token(),
    "a wrong token": lambda it: document(it.cluster, {"token": "wrong"}),
    "a wrong password": lambda it: document(it.cluster, {"username": "a", "password": "b"}),
    "a token in a file, with a newline": lambda it: document(
        it.cluster, {"tokenFile": it.file("token", f"{it.token}\n")}
    ),
    "a token in a file, which wins": lambda it: document(
        it.cluster, {"token": "wrong", "tokenFile": it.file("token", it.token)}
    ),
    "no file with the token": lambda it: document(it.cluster, {"tokenFile": "missing"}),
    "no user": lambda it: document(it.cluster, {}),
    "impersonation": _user(**{"as": "jane"}),
    "impersonation of groups": _user(
        **{
            "as": "jane",
            "as-groups": ["ones", "others"],
            "as-user-extra": {"Reason/1": ["one", "two"]},
        }
    ),
    "a program": _exec('{"token": "TOKEN"}'),
    "a program that prints a certificate": _exec_certificate,
    "a program with arguments, environment and cluster": _exec_with_everything,
    "a program whose token has expired already": _exec(
        '{"token": "TOKEN", "expirationTimestamp": "2020-01-01T00:00:00Z"}'
    ),
    "a program whose token lasts": _exec(
        '{"token": "TOKEN", "expirationTimestamp": "2099-01-01T00:00:00.123456789Z"}'
    ),
    "a program that fails": _exec("", checks="sys.exit(3)"),
    "a program that prints nothing": _exec("{}"),
    "a program of another version": _exec(
        '{"token": "TOKEN"}', version="client.authentication.k8s.io/v1beta1"
    ),
    "no such program": lambda it: document(
        it.cluster,
        {"exec": {"apiVersion": _VERSION, "command": "./missing", "interactiveMode": "Never"}},
    ),
    "a token beside a program": _exec_beside(token="TOKEN"),
    "a certificate beside a program": _exec_beside(),
    "a provider that is no more": _user(**{"auth-provider": {"name": "gcp"}}),
    "insecure": _cluster("certificate-authority-data", insecure_skip_tls_verify=True),
    "insecure with an authority": _cluster(insecure_skip_tls_verify=True),
    "without an authority": _cluster("certificate-authority-data"),
    "another name of the server": _cluster(tls_server_name="kubernetes.default.svc"),
    "a wrong name of the server": _cluster(tls_server_name="elsewhere.invalid"),
    "a slash at the end of the server": lambda it: document(
        it.cluster | {"server": f"{it.cluster['server']}/"}, it.certificate
    ),
    "a server without a scheme": lambda it: document(
        it.cluster | {"server": it.cluster["server"].removeprefix("https://")}, it.certificate
    ),
    "by a proxy": _by_proxy("proxy"),
    "by a proxy with a password": _by_proxy("secured", "user:pass%20word@"),
    "by a proxy with a wrong password": _by_proxy("secured", "user:wrong@"),
    "by no proxy": _by_proxy("proxy", **{"proxy-url": "http://127.0.0.1:1"}),
    "by a proxy, and a wrong name of the server": _by_proxy(
        "proxy", **{"tls-server-name": "elsewhere.invalid"}
    ),
    "two users of one name": lambda it: document(
        it.cluster, {}, users=[{"name": "u", "user": it.certificate}] * 2
    ),
    "no context": lambda it: document(it.cluster, it.certificate, **{"current-context": ""}),
    "a context that does not exist": lambda it: document(
        it.cluster, it.certificate, **{"current-context": "elsewhere"}
    ),
    "several contexts": lambda it: document(
        it.cluster,
        it.certificate,
        contexts=[
            {"name": "elsewhere", "context": {"cluster": "none", "user": "none"}},
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "web"}},
        ],
    ),
}


def written(directory: Path, content: Document, name: str = "config") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(yaml.safe_dump(content))
    return file
