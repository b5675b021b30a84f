"""The first process of a node's name spaces.

`init.py DIRECTORY TOOLS BINARIES CGROUP NAME ADDRESS` hides the machine from containerd and
kubelet, starts both, and ends with either. When it ends, the kernel kills all that is in its
pid name space, pods included.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

# The sandbox's directory as the node sees it. A socket's path may have 107 characters, and some of
# kubelet's lie deep.
SANDBOX = Path("/run/sandbox")
CGROUPS = Path("/sys/fs/cgroup")
# What kubelet wants; with `protectKernelDefaults` it only compares. The machine's own stay.
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
    os.environ["PATH"] = f"{tools}/usr/bin:{os.environ['PATH']}"  # by it containerd finds its shim
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
        pass  # an orphan, such as a pod's shim: they are the first process's to bury
    sys.exit(f"{'kubelet' if ended == kubelet.pid else 'containerd'} has ended; see its log.")


def hide_machine(directory: Path) -> None:
    """Put something of the sandbox's own over what containerd, CNI and kubelet write to."""
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
    """Make the control group that is the root of all pods', and join one below it.

    Two kubelets with the same root destroy each other's pods.
    """
    for hierarchy in hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        if hierarchy.name == "cpuset":  # the only one that takes no process before it is set up
            for setting in ("cpuset.cpus", "cpuset.mems"):
                (group / setting).write_text((hierarchy / setting).read_text())
        if hierarchy.name in ("pids", CGROUPS.name):
            own = group / "node"
            own.mkdir(exist_ok=True)
            join(own / "cgroup.procs")


def join(processes: Path) -> None:
    """Join a control group, once those of the node that was killed before this one have ended."""
    while processes.read_text():
        time.sleep(POLL_SECONDS)
    processes.write_text("1")


def hierarchies() -> list[Path]:
    """Return the roots of the control groups: version 1 has many, version 2 has one."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [group for group in CGROUPS.iterdir() if (group / "cgroup.procs").exists()]


def start(program: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    with (SANDBOX / f"{program.name}.log").open("ab") as log:
        return subprocess.Popen([program, *arguments], stdout=log, stderr=log)


def import_pause_image(containerd: "subprocess.Popen[bytes]") -> None:
    """Give containerd the image of the process that holds a pod's name spaces."""
    ctr = ["ctr", f"--address={SANDBOX}/containerd.sock", "--namespace=k8s.io"]
    while subprocess.run([*ctr, "version"], capture_output=True).returncode:
        if containerd.poll() is not None:
            sys.exit("containerd has ended; see its log.")
        time.sleep(POLL_SECONDS)
    subprocess.run([*ctr, "images", "import", str(SANDBOX / "pause.tar")], check=True)


if __name__ == "__main__":
    main()
