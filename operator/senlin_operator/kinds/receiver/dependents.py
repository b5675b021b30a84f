"""The Secret with the channel of a receiver: a webhook's URL, or the name of a message queue."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from senlin_operator.kinds.receiver.observed import Observed
from senlin_operator.kube.objects import SECRET, URL_CHANGED_AT, Resource
from senlin_operator.model import kind
from senlin_operator.model.kind import Dependent

_URL = "url"  # keys in the Secret
_CHANNEL = "channel"
_ALARM_URL = "alarm_url"  # Senlin's word


class Dependents(kind.Dependents[Observed]):
    """Until the receiver exists, the Secret's name must be free, and nothing is written."""

    kinds = frozenset([SECRET])

    def desired(self, resource: Resource, observed: Observed | None) -> list[Dependent]:
        manifest = {"type": "Opaque", "data": _data(observed.channel)} if observed else None
        return [Dependent(SECRET, _name(resource), manifest, dated={URL_CHANGED_AT: _URL})]

    def in_use(self, dependent: Resource, observed: Observed | None) -> bool:
        """Return True: the operator may not delete Secrets; Kubernetes does, after their owner."""
        return True

    def for_status(self, resource: Resource) -> Mapping[str, Any]:
        """Return the name of the Secret; an unmanaged receiver has none."""
        return {} if resource.unmanaged else {"secretName": _name(resource)}


def _name(resource: Resource) -> str:
    reference: Mapping[str, str] = resource.spec.get("channelSecretRef") or {}
    return reference.get("name", resource.key.name)


def _data(channel: Mapping[str, Any]) -> dict[str, str]:
    rest = {name: value for name, value in channel.items() if name != _ALARM_URL}
    texts = {
        **({_URL: str(channel[_ALARM_URL])} if _ALARM_URL in channel else {}),
        **({_CHANNEL: json.dumps(rest, sort_keys=True)} if rest else {}),
    }
    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
