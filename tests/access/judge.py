"""Who the API server takes a program for: ours, and kubectl on the same kubeconfig."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

from sandbox import Sandbox
from senlin_operator.kube.client import KubeClient, KubeError

REFUSED = "refused"
_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
# Neither program shall find what this machine has.
_UNSET = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")


def environment(home: Path, **environ: str) -> dict[str, str]:
    """Return the environment of a program that finds nothing but what a test gives to it."""
    usual = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return {**usual, "KUBECONFIG": "", "HOME": str(home), **environ}


def kubectl(sandbox: Sandbox, kubeconfig: Path | None, environ: dict[str, str]) -> Any:
    """Return user, groups and further attributes for which the API server takes kubectl."""
    named = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    done = subprocess.run(
        [
            str(sandbox.kubernetes.binaries / "kubectl"),
            "auth",
            "whoami",
            "--output=json",
            "--request-timeout=3s",
            *named,
        ],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    if done.returncode:
        return REFUSED
    return _known(json.loads(done.stdout)["status"]["userInfo"])


async def operator(kubeconfig: Path | None, environ: dict[str, str]) -> Any:
    """Return the same of the operator; the lists and watches must be taken for the same user."""
    with mock.patch.dict(os.environ, environ, clear=True):
        try:
            kube = await KubeClient.connect(str(kubeconfig) if kubeconfig else None, {})
        except KubeError:
            return REFUSED
        server, watches = kube.watch_session(lambda *_: None)
        try:
            by_requests = await who(kube)
            async with watches.post(server + _PATH, json=_REVIEW) as reply:
                by_watches = _known((await reply.json())["status"]["userInfo"])
        except KubeError:
            return REFUSED
        finally:
            await watches.close()
            await kube.close()
    assert by_watches == by_requests
    return by_requests


async def who(kube: KubeClient) -> Any:
    """Return for whom the API server takes the client.

    Raises:
        KubeError: It refuses the client, or cannot be reached.
    """
    return _known((await kube.send("POST", _PATH, body=_REVIEW))["status"]["userInfo"])


def _known(user: dict[str, Any]) -> Any:
    """Return what does not differ between two requests."""
    extra = user.get("extra", {})
    extra = {name: value for name, value in extra.items() if "kubernetes.io" not in name}
    return user["username"], sorted(user.get("groups", [])), extra
