"""`kubectl senlin doctor`: finds what keeps clusters from working, and says what to do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import SECRET, Key, Resource
from senlin_operator.plugin.checks import kubernetes
from senlin_operator.plugin.checks.cloud import cloud
from senlin_operator.plugin.checks.finding import Finding, Level, Section
from senlin_operator.plugin.cloud import NoCloud, credential
from senlin_operator.plugin.kube import UserClient
from senlin_operator.plugin.names import PLURALS, UsageError
from senlin_operator.plugin.terminal import Colour, Palette, clean

Login = tuple[Key, str]  # a Secret, and the name of a cloud in it
_COLOURS = {
    Level.OK: Colour.GOOD,
    Level.UNKNOWN: Colour.ASIDE,
    Level.WARNING: Colour.CHANGING,
    Level.ERROR: Colour.BAD,
}
_WIDTH = max(len(level.value) for level in Level)


async def examine(
    kube: UserClient, namespace: str, logins: Iterable[Login], say: Callable[[str], None]
) -> AsyncIterator[Section]:
    """Yield what is found, a section at a time.

    Args:
        kube: The person's client.
        namespace: The namespace whose resources are checked.
        logins: What to check besides the credentials that resources name.
        say: Told what is waited for.

    Raises:
        KubeError: Kubernetes cannot be reached.
    """
    say("asking Kubernetes")
    yield await _section("Kubernetes", kubernetes.access(kube, namespace))
    yield await _section("Custom resource definitions", kubernetes.definitions(kube))
    yield await _section("Operator", kubernetes.operators(kube))
    found = await _resources(kube, namespace)
    title = f"Resources in namespace {namespace}"
    yield Section(title, tuple(kubernetes.resources(found)))
    uids, identity = await _uids(kube), await kube.identity() or ""
    named = {(it.secret_key, str(it.spec["cloudCredentialsRef"]["cloudName"])) for it in found}
    for secret, name in sorted({*named, *logins}):
        title = f"Secret {secret.name}, cloud {clean(name)}"
        say(f"asking OpenStack with {title}")
        yield Section(title, await _of_cloud(kube, secret, name, uids, identity))


def login_of(text: str, namespace: str) -> Login:
    """Return the Secret and the cloud that SECRET/CLOUD names.

    Raises:
        UsageError: It names none.
    """
    secret, _, name = text.partition("/")
    if not secret or not name:
        raise UsageError(f"{text!r} should look like SECRET/CLOUD, such as openstack/openstack.")
    return Key(SECRET, namespace, secret), name


async def _section(title: str, findings: AsyncIterator[Finding]) -> Section:
    return Section(title, tuple([it async for it in findings]))


async def _of_cloud(
    kube: UserClient, secret: Key, name: str, uids: frozenset[str] | None, identity: str
) -> tuple[Finding, ...]:
    try:
        login = await credential(kube, secret, name)
    except NoCloud as error:
        return (Finding(Level.ERROR, clean(error), "See docs/credentials.md"),)
    return tuple(await asyncio.to_thread(lambda: list(cloud(secret, login, uids, identity))))


async def _resources(kube: UserClient, namespace: str | None) -> list[Resource]:
    """Return all custom resources that the person may list."""
    found: list[Resource] = []
    for kind in PLURALS:
        try:
            found += await kube.list_all(kind, namespace)
        except KubeError as error:
            if error.status not in (403, 404):
                raise
    return found


async def _uids(kube: UserClient) -> frozenset[str] | None:
    """Return the uids of all custom resources; None: the person may not list all."""
    uids: set[str] = set()
    for kind in PLURALS:
        try:
            uids |= {it.uid for it in await kube.list_all(kind, None)}
        except KubeError as error:
            if error.status == 404:
                continue
            if error.status == 403:
                return None
            raise
    return frozenset(uids)


def lines(section: Section, palette: Palette) -> Iterator[str]:
    """Yield the lines of a section."""
    yield palette.paint(section.title, Colour.HEADING)
    for it in section.findings:
        level = palette.paint(it.level.value.ljust(_WIDTH), _COLOURS[it.level])
        yield f"  {level}  {clean(it.text)}"
        if it.remedy:
            yield f"  {' ' * _WIDTH}  → {clean(it.remedy)}"


def is_healthy(sections: Iterable[Any]) -> bool:
    """Return whether nothing is broken."""
    findings = (it for section in sections for it in section.findings)
    return kubernetes.worst(findings) is not Level.ERROR
