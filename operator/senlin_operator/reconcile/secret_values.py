"""The parameters of a request whose values are in Secrets."""

import base64
import binascii
from collections.abc import Iterable, Mapping

from senlin_operator.kube.client import KubeClient, NotFound
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.run import SecretValue


async def secret_values(
    cache: Cache, kube: KubeClient, wanted: Iterable[SecretValue]
) -> Mapping[str, str] | Waiting:
    """Return the values by the names of the parameters, or a reason to wait for one.

    Raises:
        KubeError: A Secret cannot be read.
    """
    values = {}
    for it in wanted:
        secret = cache.get(it.secret)
        try:
            data = (await kube.get_secret(secret)).get("data") or {} if secret else {}
        except NotFound:
            data = {}
        if it.key not in data:
            text = f"{it.secret} does not exist, or has no key {it.key}."
            return Waiting(Reason.REFERENCE_MISSING, text)
        try:
            values[it.name] = base64.b64decode(data[it.key]).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = f"{it.secret} has no text under the key {it.key}."
            return Waiting(Reason.REFERENCE_MISSING, text)
    return values
