"""The demo: `python -m sandbox.demo [--keep] [--cloud real]`, the operator at work on real servers.

It prints its steps and the output of `kubectl get`, and it cleans up even if a step fails. With
`--keep` everything runs until Ctrl-C; with `--cloud real` there is a real Nova below Senlin.
"""

import argparse
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import yaml

from openstack_clustering import Connection, Proxy
from sandbox.__main__ import SIGNALS, interrupted
from sandbox.errors import SandboxError
from sandbox.sandbox import Sandbox, prepare
from sandbox.settings import CloudName
from tools.run import ToolError

QUICKSTART = Path(__file__).parents[1] / "deploy" / "samples" / "quickstart"
CLUSTER = "senlincluster/web"
PATIENCE = 60.0  # seconds for each wait


@contextmanager
def chapter(text: str) -> Iterator[None]:
    """Print the title of a step, and at the end its duration."""
    print(f"\n▸ {text}", flush=True)
    start = time.monotonic()
    yield
    print(f"  ({time.monotonic() - start:.1f} s)", flush=True)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition.

    Raises:
        SandboxError: It did not become true in time.
    """
    print(f"  waiting until {what} …", flush=True)
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SandboxError(f"Waited {PATIENCE:g} s in vain until {what}.")
        time.sleep(0.2)


class Demo:
    """The steps of the demo, one method each."""

    def __init__(self, sandbox: Sandbox, senlin: Proxy) -> None:
        self._sandbox = sandbox
        self._senlin = senlin

    def play(self) -> None:
        """Make a cluster, scale it, break it."""
        self.apply()
        self.scale()
        self.break_a_server()

    def apply(self) -> None:
        with chapter("kubectl apply -f deploy/samples/quickstart (with this cloud's Secret)"):
            manifests = [
                (QUICKSTART / f"{name}.yaml").read_text() for name in ("profile", "cluster")
            ]
            self._kubectl("apply", "-f", "-", input="\n---\n".join([self._secret(), *manifests]))
            self._wait_for_ready()
            self._show()

    def scale(self) -> None:
        with chapter(f"kubectl scale {CLUSTER} --replicas=5"):
            self._kubectl("scale", CLUSTER, "--replicas=5")
            self._wait_for_ready()
            self._show()

    def break_a_server(self) -> None:
        name = self._sandbox.nova.servers()[0]["name"]
        with chapter(f"Someone deletes the server {name} in Nova, without Senlin's knowledge"):
            self._sandbox.nova.vanish(name)
            wait_until(lambda: self._ready() == "False", "the cluster is not Ready")
            self._show()
            print(self._kubectl("get", CLUSTER, "-o", f"jsonpath={_MESSAGE}"))

    def delete(self) -> None:
        with chapter("kubectl delete -f deploy/samples/quickstart"):
            names = (CLUSTER, "senlinprofile/web-server", "secret/openstack")
            print(self._kubectl("delete", *names, f"--timeout={PATIENCE:g}s"))

    def events(self) -> None:
        with chapter("kubectl get events"):
            columns = "REASON:.reason,OBJECT:.regarding.name,NOTE:.note"
            print(
                self._kubectl(
                    "get",
                    "events.events.k8s.io",
                    "--field-selector=regarding.kind!=Service",
                    "--sort-by=.eventTime",
                    f"--output=custom-columns={columns}",
                )
            )

    def left_in_the_cloud(self) -> int:
        """Return how many objects the project still has."""
        lists = (self._senlin.clusters(), self._senlin.nodes(), self._senlin.profiles())
        return sum(len(list(each)) for each in lists) + len(self._sandbox.nova.servers())

    def _secret(self) -> str:
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "openstack"},
            "stringData": {"clouds.yaml": yaml.safe_dump(self._sandbox.clouds())},
        }
        return yaml.safe_dump(document)

    def _wait_for_ready(self) -> None:
        print("  waiting until the cluster is Ready …", flush=True)
        self._kubectl("wait", "--for=condition=Ready", CLUSTER, f"--timeout={PATIENCE:g}s")

    def _ready(self) -> str:
        return self._kubectl("get", CLUSTER, "-o", f"jsonpath={_READY}")

    def _show(self) -> None:
        print(self._kubectl("get", "senlin"))

    def _kubectl(self, *arguments: str, input: str | None = None) -> str:
        return self._sandbox.kubectl(*arguments, input=input).rstrip()


_READY = '{.status.conditions[?(@.type=="Ready")].status}'
_MESSAGE = '{.status.conditions[?(@.type=="Ready")].message}'


@contextmanager
def operator(sandbox: Sandbox) -> Iterator[Path]:
    """Run the operator during a `with` statement; yield the path of its log."""
    log = sandbox.directory / "operator.log"
    program = [sys.executable, "-m", "senlin_operator"]
    command = [*program, "run", "--kubeconfig", str(sandbox.kubeconfig)]
    flags = ["--log-format", "console", "--probe-port", "0", "--metrics-port", "0"]
    flags += ["--allowed-endpoints", "127.0.0.0/8"]  # Keystone and Senlin are there
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *flags], stdout=output, stderr=output)
    try:
        yield log
    finally:
        process.terminate()
        process.wait()


def keep(sandbox: Sandbox, log: Path) -> None:
    """Print how to use the running sandbox, and wait for Ctrl-C."""
    print("\nEverything runs until you press Ctrl-C here. In another terminal:")
    print(f"  export KUBECONFIG={shlex.quote(str(sandbox.kubeconfig))}")
    print(f"  export OS_CLIENT_CONFIG_FILE={shlex.quote(str(sandbox.clouds_yaml))} OS_CLOUD=blue")
    print(f'  export PATH={shlex.quote(str(sandbox.bin))}:"$PATH"')
    print("  kubectl get senlin; kubectl describe senlincluster web")
    print(f"The operator's log: {log}", flush=True)
    signal.pause()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    text = "what is below Senlin (default: %(default)s)"
    parser.add_argument("--cloud", choices=get_args(CloudName), default="simulated", help=text)
    arguments = parser.parse_args()
    for number in SIGNALS:  # a shell has background jobs ignore some of them
        signal.signal(number, interrupted)
    start = time.monotonic()
    try:
        with chapter("Programs: kube-apiserver, etcd, Keystone, Senlin (built once, then cached)"):
            prepare(cloud=arguments.cloud)
        built = time.monotonic()
        left = run(arguments.keep, arguments.cloud)
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        return 130
    except ToolError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print(
        f"\nDone in {time.monotonic() - start:.0f} s, {built - start:.0f} s of it for building. "
        "A manifest became a cluster, which grew, reported its lost server, and was deleted; "
        f"left in the cloud: {left} objects."
    )
    return 1 if left else 0


def run(keep_running: bool, cloud: CloudName) -> int:
    """Run the demo; return how many cloud objects are left."""
    with TemporaryDirectory(prefix="senlin-demo-") as directory:
        with chapter("Starting real servers on this machine"):
            sandbox = Sandbox.up(Path(directory) / "sandbox", cloud=cloud)
        with sandbox, Connection("openstack", clouds=sandbox.clouds()) as connection:
            with chapter("kubectl apply -f crds"):
                sandbox.apply_crds()
            with operator(sandbox) as log:
                demo = Demo(sandbox, connection.cluster)
                demo.play()
                if keep_running:
                    keep(sandbox, log)
                demo.events()
                demo.delete()
                return demo.left_in_the_cloud()


if __name__ == "__main__":
    sys.exit(main())
