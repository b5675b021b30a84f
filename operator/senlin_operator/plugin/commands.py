"""The commands of `kubectl senlin`: each is a function from an invocation to an exit code."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO, cast

from openstack_clustering import LOGIN_KINDS, ClientException
from senlin_operator.cloud.credentials import Allowed
from senlin_operator.export import command as export
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import Key
from senlin_operator.plugin import doctor, manifests, plan, requests, tree
from senlin_operator.plugin.dry_run import DryKube
from senlin_operator.plugin.facts import Facts
from senlin_operator.plugin.kube import UserClient
from senlin_operator.plugin.names import CLUSTER, PLURALS, UsageError, key_of
from senlin_operator.plugin.options import parser
from senlin_operator.plugin.planner import Planner
from senlin_operator.plugin.terminal import Palette, Progress
from senlin_operator.plugin.terminal import tree as lines_of
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.output import reader_gone

_INTERRUPTED = 130  # as a shell has it
_PAUSE = 2.0  # seconds between two readings of a tree
_CLEAR = "\x1b[H\x1b[2J"  # the screen


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a command."""

    flags: argparse.Namespace
    kube: UserClient
    namespace: str
    palette: Palette
    progress: Progress
    out: TextIO

    def show(self, text: str) -> None:
        """Print a text in place of what is waited for."""
        self.progress.clear()
        print(text, file=self.out, flush=True)

    def resources(self) -> list[Key]:
        """Return the resources on the command line.

        Raises:
            UsageError: One of them names no resource.
        """
        return [key_of(it, self.namespace) for it in self.flags.resources]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code of the process."""
    flags = parser().parse_args(arguments)
    progress = Progress(sys.stderr)
    try:
        is_export = flags.command == "export"
        code = export.run(flags) if is_export else asyncio.run(_run(flags, progress))
        sys.stdout.flush()
    except BrokenPipeError:
        return reader_gone()
    except (KubeError, ClientException, UsageError, OSError) as error:
        progress.clear()
        print(f"error: {error}", file=sys.stderr)
        return plan.REFUSED if flags.command == "plan" else 1
    except KeyboardInterrupt:
        progress.clear()
        return _INTERRUPTED
    return code


async def _run(flags: argparse.Namespace, progress: Progress) -> int:
    client = DryKube if flags.command == "plan" else UserClient
    kube = await client.connect(
        getattr(flags, "kubeconfig", None), PLURALS, getattr(flags, "context", None)
    )
    more = filter(None, getattr(flags, "more_login_kinds", "").split(","))
    kube.allowed = Allowed(frozenset({*LOGIN_KINDS, *more}))
    try:
        namespace = getattr(flags, "namespace", None) or kube.namespace
        palette = Palette.of(sys.stdout, os.environ)
        invocation = Invocation(flags, kube, namespace, palette, progress, sys.stdout)
        return await _COMMANDS[flags.command](invocation)
    finally:
        await kube.close()


async def _tree(it: Invocation) -> int:
    key = Key(CLUSTER, it.namespace, it.flags.name)
    it.progress.say(f"reading {key}")
    if not it.flags.watch:
        it.show(_drawn(it, await tree.gather(it.kube, key, it.flags.actions)))
        return 0
    last = ""
    async for facts in tree.watch(it.kube, key, it.flags.actions, _PAUSE):
        text = _drawn(it, facts)
        if it.out.isatty():
            it.show(f"{_CLEAR}{text}")
        elif text != last:
            it.show(text)
        last = text
    return 0


def _drawn(it: Invocation, facts: Facts) -> str:
    return "\n".join(lines_of(tree.drawn(facts, it.palette, clock.utcnow())))


async def _pause(it: Invocation) -> int:
    for key in it.resources():
        it.show(await requests.pause(it.kube, key))
    return 0


async def _resume(it: Invocation) -> int:
    for key in it.resources():
        it.show(await requests.resume(it.kube, key))
    return 0


async def _reconcile(it: Invocation) -> int:
    done = True
    for key in it.resources():
        handled, text = await requests.reconcile(it.kube, key, it.flags.wait, it.progress.say)
        it.show(text)
        done = done and handled
    return 0 if done else 1


async def _doctor(it: Invocation) -> int:
    logins = [doctor.login_of(text, it.namespace) for text in it.flags.credentials]
    sections = []
    async for section in doctor.examine(it.kube, it.namespace, logins, it.progress.say):
        it.show("\n".join(doctor.lines(section, it.palette)))
        sections.append(section)
    return 0 if doctor.is_healthy(sections) else 1


async def _plan(it: Invocation) -> int:
    kube = cast("DryKube", it.kube)
    planner = Planner(kube, it.progress.say, repaired=it.flags.senlin_repaired)
    try:
        await planner.fill(it.namespace)
        plans = await planner.plan(await _planned(it, planner, kube))
    except TimeoutError:
        raise UsageError("The project could not be polled in time: kubectl senlin doctor") from None
    finally:
        await planner.close()
    if it.flags.output == "json":
        it.show(json.dumps(plan.document(plans), indent=2))
    else:
        it.show("\n".join(plan.lines(plans, it.palette)))
    return plan.exit_code(plans)


async def _planned(it: Invocation, planner: Planner, kube: DryKube) -> list[Key]:
    """Return the resources to plan, as the command line names them."""
    flags = it.flags
    keys = it.resources()
    if flags.all:
        keys += [found.key for found in planner.cache.all() if found.key.namespace == it.namespace]
    for key in keys:
        plan.known(planner, key)
    if flags.filename:
        given = list(manifests.read(flags.filename))
        keys += await plan.apply(planner, kube, given, it.namespace)
    if not keys and not flags.all:
        raise UsageError("Name what to plan: -f FILE, KIND/NAME, or --all.")
    if flags.delete:
        plan.delete(planner, kube, keys)
    return keys


_COMMANDS: Mapping[str, Callable[[Invocation], Awaitable[int]]] = {
    "tree": _tree,
    "doctor": _doctor,
    "plan": _plan,
    "pause": _pause,
    "resume": _resume,
    "reconcile": _reconcile,
}
