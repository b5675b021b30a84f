"""The first process in a node's Linux namespaces.

`init.py DIRECTORY TOOLS BINARIES CGROUP NAME ADDRESS` hides the machine from containerd and
kubelet, starts both, and exits when either ends. The kernel then kills every process in its pid
namespace, the pods included.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

# The path of the sandbox's directory inside the node. It is short because the path of a socket may
# have at most 107 characters, and kubelet puts some into deep directories.
SANDBOX = Path("/run/sandbox")
CGROUPS = Path("/sys/fs/cgroup")
# The values that kubelet requires. With `protectKernelDefaults` it only reads them, and reads them
# from files of ours, so the machine's sysctls are not changed.
SYSCTLS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
POLL_SECONDS = 0.05


def main() -> None:
    directory, tools, binaries = map(Path, sys.argv[1:4])
    cgroup, name, address = sys.argv[4:]
    hide_machine(directory)
    make_cgroups(cgroup)
    # containerd looks for its shim in PATH.
    os.environ["PATH"] = f"{tools}/usr/bin:{os.environ['PATH']}"
    containerd = start(tools / "usr/bin/containerd", f"--config={SANDBOX}/containerd.toml")
    import_pause_image(containerd)
    kubelet = start(
        binaries / "kubelet",
        f"--config={SANDBOX}/kubelet.yaml",
        f"--kubeconfig={SANDBOX}/system:node:{name}.kubeconfig",
        f"--root-dir={SANDBOX}/kubelet",
        f"--hostname-override={name}",
        f"--node-ip={address}",
    )
    while (ended := os.wait()[0]) not in (containerd.pid, kubelet.pid):
        pass  # an orphan, such as a pod's shim: the first process of a namespace must reap them
    sys.exit(f"{'kubelet' if ended == kubelet.pid else 'containerd'} has ended; see its log.")


def hide_machine(directory: Path) -> None:
    """Mount directories of the sandbox over those that containerd, CNI and kubelet write to."""
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    SANDBOX.mkdir()
    mount("--bind", str(directory), str(SANDBOX))
    for name in ("var", "var-work", "sysctls"):
        (SANDBOX / name).mkdir(exist_ok=True)
    layers = f"lowerdir=/var,upperdir={SANDBOX}/var,workdir={SANDBOX}/var-work"
    mount("-t", "overlay", "overlay", "-o", layers, "/var")
    for name, value in SYSCTLS.items():
        file = SANDBOX / "sysctls" / name.replace("/", "_")
        file.write_text(f"{value}\n")
        mount("--bind", str(file), f"/proc/sys/{name}")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def make_cgroups(name: str) -> None:
    """Make the root control group of all pods, and move this process into a group below it.

    Two kubelets with the same root group destroy each other's pods.
    """
    for hierarchy in hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        if hierarchy.name == "cpuset":  # accepts no process until these are set
            for setting in ("cpuset.cpus", "cpuset.mems"):
                (group / setting).write_text((hierarchy / setting).read_text())
        if hierarchy.name in ("pids", CGROUPS.name):
            own = group / "node"
            own.mkdir(exist_ok=True)
            join(own / "cgroup.procs")


def join(processes: Path) -> None:
    """Join a control group after all processes of the node's previous run have left it."""
    while processes.read_text():
        time.sleep(POLL_SECONDS)
    processes.write_text("1")


def hierarchies() -> list[Path]:
    """Return the roots of the control groups: one in version 2, one a controller in version 1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [group for group in CGROUPS.iterdir() if (group / "cgroup.procs").exists()]


def start(program: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    with (SANDBOX / f"{program.name}.log").open("ab") as log:
        return subprocess.Popen([program, *arguments], stdout=log, stderr=log)


def import_pause_image(containerd: "subprocess.Popen[bytes]") -> None:
    """Load the image of the pause container, which holds a pod's Linux namespaces."""
    ctr = ["ctr", f"--address={SANDBOX}/containerd.sock", "--namespace=k8s.io"]
    while subprocess.run([*ctr, "version"], capture_output=True).returncode:
        if containerd.poll() is not None:
            sys.exit("containerd has ended; see its log.")
        time.sleep(POLL_SECONDS)
    subprocess.run([*ctr, "images", "import", str(SANDBOX / "pause.tar")], check=True)


if __name__ == "__main__":
    main()
