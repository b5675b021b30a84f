"""The checks that ask Kubernetes alone: rights, definitions, the operator, its resources."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from openstack_clustering import __version__
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import GROUP, VERSION, Resource
from senlin_operator.plugin.checks.finding import Finding, Level
from senlin_operator.plugin.kube import UserClient
from senlin_operator.plugin.names import PLURALS

_DIGESTS = "definitions.txt"
_VERSION_LABEL = "app.kubernetes.io/version"
_APPLY = "kubectl apply --server-side -f crds/"
_PAGE = "docs/reasons/{reason}.md"


async def access(kube: UserClient, namespace: str) -> AsyncIterator[Finding]:
    """Yield whether Kubernetes can be reached, and what the person may do there."""
    version = await kube.version()
    yield Finding(Level.OK, f"{kube.server} is Kubernetes {version}.")
    wanted = [("list", GROUP, plural) for plural in PLURALS.values()]
    missing = [
        f"{verb} {plural}"
        for verb, group, plural in wanted
        if not await kube.may(verb, group, plural, namespace)
    ]
    if missing:
        remedy = f"Ask for a role in namespace {namespace} that has them (docs/rights.md)."
        yield Finding(Level.ERROR, f"You may not {', '.join(missing)}.", remedy)
    else:
        yield Finding(Level.OK, f"You may list the operator's resources in namespace {namespace}.")
    if not await kube.may("get", "", "secrets", namespace):
        text = "You may not get Secrets, so nothing of Senlin can be checked."
        yield Finding(Level.UNKNOWN, text, "Have somebody run this who may.")


async def definitions(kube: UserClient) -> AsyncIterator[Finding]:
    """Yield whether the custom resource definitions are those of this version."""
    expected, fitting = _expected(), 0
    for kind, plural in PLURALS.items():
        try:
            definition = await kube.definition(kind)
        except KubeError as error:
            yield _no_definition(plural, error)
            continue
        if found := _definition(plural, definition, expected[plural]):
            yield found
        else:
            fitting += 1
    if fitting:
        yield Finding(Level.OK, f"{fitting} definitions are those of version {__version__}.")


def _no_definition(plural: str, error: KubeError) -> Finding:
    if error.status == 404:
        return Finding(Level.ERROR, f"The definition of {plural} is missing.", f"Run {_APPLY}")
    return Finding(Level.UNKNOWN, f"The definition of {plural} cannot be read: {error}")


def _definition(plural: str, definition: Mapping[str, Any], expected: str) -> Finding | None:
    """Return what is wrong with a definition; None: nothing."""
    served = [it["name"] for it in definition["spec"]["versions"] if it["served"]]
    if VERSION not in served:
        text = f"The definition of {plural} serves {', '.join(served)}, and not {VERSION}."
        return Finding(Level.ERROR, text, f"Install version {__version__}: {_APPLY}")
    if digest(definition) == expected:
        return None
    text = f"The definition of {plural} has other fields than that of version {__version__}."
    remedy = (
        f"Run {_APPLY} from version {__version__}, or use the plugin of the operator's version."
    )
    return Finding(Level.WARNING, text, remedy)


def digest(definition: Mapping[str, Any]) -> str:
    """Return a hash of the fields that a custom resource definition has."""
    [version] = [it for it in definition["spec"]["versions"] if it["name"] == VERSION]
    paths = sorted(_paths(version["schema"]["openAPIV3Schema"], ""))
    return hashlib.sha256(json.dumps(paths).encode()).hexdigest()[:16]


def _paths(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    yield f"{path} {schema.get('type', '')}"
    for name, field in (schema.get("properties") or {}).items():
        yield from _paths(field, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(nested := schema.get(name), Mapping):
            yield from _paths(nested, f"{path}[]")


def _expected() -> dict[str, str]:
    """Return the digests of the definitions of this version, by plural."""
    text = (files("senlin_operator.plugin") / _DIGESTS).read_text()
    return dict(line.split() for line in text.splitlines())


async def operators(kube: UserClient) -> AsyncIterator[Finding]:
    """Yield whether an operator runs, and of which version."""
    try:
        found = await kube.operators()
    except KubeError as error:
        yield Finding(Level.UNKNOWN, f"Deployments cannot be listed: {error}")
        return
    if not found:
        text = "No Deployment of the operator is found; it may run outside of Kubernetes."
        yield Finding(Level.WARNING, text, "If it does not run, install it: docs/install.md.")
    for deployment in found:
        yield _operator(deployment)


def _operator(deployment: Mapping[str, Any]) -> Finding:
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    where = f"Deployment {metadata['name']} in namespace {metadata['namespace']}"
    version = (metadata.get("labels") or {}).get(_VERSION_LABEL, "")
    if not status.get("availableReplicas"):
        remedy = f"See kubectl describe deployment {metadata['name']} -n {metadata['namespace']}"
        return Finding(Level.ERROR, f"{where} has no available pod.", remedy)
    if version != __version__:
        text = f"{where} is version {version or 'unknown'}, and this plugin is {__version__}."
        return Finding(Level.WARNING, text, "Use the plugin of the operator's version.")
    return Finding(Level.OK, f"{where} runs, in version {version}.")


def resources(found: Sequence[Resource]) -> Iterator[Finding]:
    """Yield the resources that are not as they should be, and how many are."""
    ready = 0
    for resource in found:
        if finding := _resource(resource):
            yield finding
        else:
            ready += 1
    yield Finding(Level.OK, f"{ready} of {len(found)} resources are as they should be.")


def _resource(resource: Resource) -> Finding | None:
    condition = resource.condition("Ready") or resource.condition("Complete")
    if resource.paused:
        text = f"{resource.key} is paused by {' and '.join(resource.paused_by)}."
        return Finding(Level.WARNING, text, f"kubectl senlin resume {_named(resource)}")
    if condition is None and (failed := resource.condition("Failed")):
        return _not_ready(resource, failed, Level.WARNING)
    if condition is None:
        text = f"{resource.key} has no condition: no operator has taken it up."
        return Finding(Level.ERROR, text, "Does the operator run, and for this namespace?")
    if condition["status"] == "True":
        return None
    stalled = resource.stalled_message is not None
    return _not_ready(resource, condition, Level.ERROR if stalled else Level.WARNING)


def _not_ready(resource: Resource, condition: Mapping[str, Any], level: Level) -> Finding:
    text = f"{resource.key}: {condition['reason']}: {condition['message']}"
    return Finding(level, text, f"See {_PAGE.format(reason=condition['reason'])}")


def _named(resource: Resource) -> str:
    return f"{resource.key.kind.lower()}/{resource.key.name}"


def worst(findings: Iterable[Finding]) -> Level:
    """Return how bad the worst finding is."""
    levels = list(Level)
    return max((it.level for it in findings), key=levels.index, default=Level.OK)
