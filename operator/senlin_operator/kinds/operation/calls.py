"""The request of an operation, for each of them: a table of functions."""

from collections.abc import Callable, Mapping
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.kinds.shared.hiding import without
from senlin_operator.kinds.shared.remediation import RECREATE
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.run import ANYTHING, Call, Target
from senlin_operator.model.text import counted

Wanted = Mapping[str, Any]  # the value of the operation's key in the manifest
# Parameters of a resize: manifest, request.
_RESIZE = {
    "adjustmentType": "adjustment_type",
    "number": "number",
    "minSize": "min_size",
    "maxSize": "max_size",
    "minStep": "min_step",
    "strict": "strict",
}


def call(word: str, target: Target, wanted: Wanted, uid: str, values: Mapping[str, str]) -> Call:
    """Return the request.

    Args:
        word: The operation, such as `resize`.
        target: What it is about.
        wanted: Its parameters in the manifest.
        uid: The owner's; it goes into the inputs of an action where Senlin stores any.
        values: The secret parameters.
    """
    if word == "perform":
        return _perform(target, wanted, values)
    if word in ("check", "recover"):
        return (_check if word == "check" else _recover)(target, wanted, uid)
    return _OF_CLUSTERS[word](target, wanted)


def _check(target: Target, wanted: Wanted, uid: str) -> Call:
    inputs = {OWNER_KEY: uid}
    return Call(
        "Checking",
        f"check of {target}",
        lambda proxy: (proxy.check_cluster if _is_cluster(target) else proxy.check_node)(
            target.id, **inputs
        ),
        _action(target, "CHECK"),
        inputs,
    )


def _recover(target: Target, wanted: Wanted, uid: str) -> Call:
    """Return the request; Senlin 16 stores `operation_params` whole, and reads few of its keys."""
    operation = wanted.get("operation", RECREATE)
    body: dict[str, Any] = {"operation": operation, "operation_params": {OWNER_KEY: uid}}
    for name, key in (("check", "check"), ("checkCapacity", "check_capacity")):
        if name in wanted:
            body[key] = wanted[name]
    return Call(
        "Recovering",
        f"recovery of {target} by {operation}",
        lambda proxy: (proxy.recover_cluster if _is_cluster(target) else proxy.recover_node)(
            target.id, **body
        ),
        _action(target, "RECOVER"),
        body,
    )


def _scale_in(target: Target, wanted: Wanted) -> Call:
    count = wanted.get("count")
    return Call(
        "Scaling",
        f"scale-in of {target}{_by(count)}",
        lambda proxy: proxy.scale_in_cluster(target.id, count),
        "CLUSTER_SCALE_IN",
        {"count": count},
    )


def _scale_out(target: Target, wanted: Wanted) -> Call:
    count = wanted.get("count")
    return Call(
        "Scaling",
        f"scale-out of {target}{_by(count)}",
        lambda proxy: proxy.scale_out_cluster(target.id, count),
        "CLUSTER_SCALE_OUT",
        {"count": count},
    )


def _resize(target: Target, wanted: Wanted) -> Call:
    body: dict[str, Any] = {_RESIZE[name]: value for name, value in wanted.items()}
    described = ", ".join(f"{name} {value}" for name, value in sorted(wanted.items()))
    return Call(
        "Resizing",
        f"resize of {target}: {described}",
        lambda proxy: proxy.resize_cluster(target.id, **body),
        "CLUSTER_RESIZE",
        {**dict.fromkeys(_RESIZE.values()), "strict": True, **body},
    )


def _add_nodes(target: Target, wanted: Wanted) -> Call:
    nodes = list(wanted["nodes"])
    return Call(
        "AddingNodes",
        f"addition of {_nodes(nodes)} to {target}",
        lambda proxy: proxy.add_nodes_to_cluster(target.id, nodes),
        "CLUSTER_ADD_NODES",
        {"nodes": nodes},
    )


def _remove_nodes(target: Target, wanted: Wanted) -> Call:
    nodes, destroy = list(wanted["nodes"]), wanted.get("destroy", False)
    kept = "with" if destroy else "without"
    return Call(
        "RemovingNodes",
        f"removal of {_nodes(nodes)} from {target}, {kept} their deletion",
        lambda proxy: proxy.remove_nodes_from_cluster(
            target.id, nodes, destroy_after_deletion=destroy
        ),
        "CLUSTER_DEL_NODES",
        {"candidates": nodes, "destroy_after_deletion": destroy},
    )


def _replace_nodes(target: Target, wanted: Wanted) -> Call:
    nodes = {pair["old"]: pair["new"] for pair in wanted["nodes"]}
    return Call(
        "ReplacingNodes",
        f"replacement of {_nodes(list(nodes))} in {target}",
        lambda proxy: proxy.replace_nodes_in_cluster(target.id, nodes),
        "CLUSTER_REPLACE_NODES",
        {"candidates": nodes},
    )


def _perform(target: Target, wanted: Wanted, values: Mapping[str, str]) -> Call:
    name, plain = wanted["name"], wanted.get("params", {})
    hidden = {it["name"]: ANYTHING for it in wanted.get("secretParams", ())}

    def send(proxy: Proxy) -> Mapping[str, Any]:
        perform = (
            proxy.perform_operation_on_cluster
            if _is_cluster(target)
            else proxy.perform_operation_on_node
        )
        with without(values.values()):
            return perform(target.id, name, **{**plain, **values})

    summary = f"{name} of {'all nodes of ' if _is_cluster(target) else ''}{target}"
    inputs = {"operation": name, "params": {**plain, **hidden}}
    return Call("Performing", summary, send, _action(target, "OPERATION"), inputs)


def _collect(target: Target, wanted: Wanted) -> Call:
    path = wanted["path"]
    return Call(
        "Collecting",
        f"collection of {path} from {target}",
        lambda proxy: list(proxy.collect_cluster_attrs(target.id, path)),
    )


_OF_CLUSTERS: Mapping[str, Callable[[Target, Wanted], Call]] = {
    "scaleIn": _scale_in,
    "scaleOut": _scale_out,
    "resize": _resize,
    "addNodes": _add_nodes,
    "removeNodes": _remove_nodes,
    "replaceNodes": _replace_nodes,
    "collect": _collect,
}


def _is_cluster(target: Target) -> bool:
    return target.type == "cluster"


def _action(target: Target, name: str) -> str:
    """Return Senlin's name of an action that clusters and nodes both have."""
    return f"{target.type.upper()}_{name}"


def _by(count: int | None) -> str:
    return "" if count is None else f" by {counted(count, 'node')}"


def _nodes(ids: list[str]) -> str:
    return ids[0] if len(ids) == 1 else counted(len(ids), "node")
