"""The way to Senlin: with the Secret of a resource, read by the person's own rights."""

import asyncio

from openstack_clustering import ClientException, Connection
from senlin_operator.cloud.credentials import Credential, UnreadableSecret, parse, read
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.outcome import outcome_of
from senlin_operator.plugin.kube import MANAGER, UserClient

_TIMEOUT = 60.0  # seconds for a request
_CONNECT_TIMEOUT = 10.0


class NoCloud(Exception):
    """Senlin cannot be asked; the message says why, and never quotes the Secret."""


async def credential_of(kube: UserClient, resource: Resource) -> Credential:
    """Return the credential that a custom resource names.

    Raises:
        NoCloud: The Secret cannot be read, or has no such credential.
    """
    cloud = str(resource.spec["cloudCredentialsRef"]["cloudName"])
    return await credential(kube, resource.secret_key, cloud)


async def credential(kube: UserClient, key: Key, cloud: str) -> Credential:
    """Return a credential from a Secret.

    Raises:
        NoCloud: The Secret cannot be read, or has no such credential.
    """
    try:
        data = (await kube.secret(key)).get("data") or {}
        file = await asyncio.to_thread(parse, data, f"Secret {key.name}")
        return await asyncio.to_thread(read, file, cloud, kube.allowed)
    except UnreadableSecret as error:
        raise NoCloud(str(error)) from None
    except KubeError as error:
        if error.status == 404:
            text = f"Secret {key.name} does not exist in namespace {key.namespace}."
        else:
            text = f"you may not read Secret {key.name}: {error}"
        raise NoCloud(text) from None


def connect(credential: Credential) -> Connection:
    """Return a connection to the cloud of a credential; nothing is sent yet."""
    return Connection(
        config=credential.config,
        timeout=_TIMEOUT,
        connect_timeout=_CONNECT_TIMEOUT,
        app_name=MANAGER,
    )


def told(error: ClientException) -> str:
    """Return an error of Senlin as the operator tells it: without ids of requests."""
    return str(getattr(outcome_of(error), "message", error))
