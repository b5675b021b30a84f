"""The result of a collection, cut to what a status can hold."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openstack_clustering import ClusterAttr

_NODES = 50  # with a value in the status
_LENGTH = 256  # characters of a value


def result(found: Sequence[ClusterAttr]) -> Mapping[str, Any]:
    """Return `status.result`."""
    texts = [(attr.node_id, _text(attr.attr_value)) for attr in found]
    shown = [{"nodeID": id_, "value": text[:_LENGTH]} for id_, text in texts[:_NODES]]
    shortened = sum(len(text) > _LENGTH for _, text in texts[:_NODES])
    omitted = [
        *([f"the values of {len(texts) - _NODES} further nodes"] if len(texts) > _NODES else []),
        *([f"the ends of {shortened} values of more than {_LENGTH} characters"] * bool(shortened)),
    ]
    cut = {"omitted": " and ".join(omitted)} if omitted else {}
    return {"total": len(texts), "values": shown, **cut}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
