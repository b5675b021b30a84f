"""`kubectl senlin pause`, `resume` and `reconcile`: the annotations that a person may set."""

import asyncio
from collections.abc import Callable

from senlin_operator.kube.objects import PAUSED, RECONCILE_AT, Key
from senlin_operator.kube.status import timestamp
from senlin_operator.plugin.kube import UserClient
from senlin_operator.telemetry import clock

_PAUSE = 0.5  # seconds between two readings


async def pause(kube: UserClient, key: Key) -> str:
    """Hold the operator back from a resource; return what to tell the person.

    Raises:
        KubeError: The resource does not exist, or may not be changed.
    """
    await kube.annotate(key, {PAUSED: "true"})
    return f"{key} is paused: the operator changes nothing of it until kubectl senlin resume."


async def resume(kube: UserClient, key: Key) -> str:
    """Let the operator go on with a resource; return what to tell the person.

    Raises:
        KubeError: The resource does not exist, or may not be changed.
    """
    await kube.annotate(key, {PAUSED: None})
    if (await kube.get(key)).paused:
        return f"{key} is still paused, by spec.paused: set it to false in the manifest."
    return f"{key} is resumed."


async def reconcile(
    kube: UserClient, key: Key, wait: float, say: Callable[[str], None]
) -> tuple[bool, str]:
    """Ask for a reconcile now; return whether it has been carried out, and what to tell.

    Args:
        kube: The person's client.
        key: The resource.
        wait: Seconds to wait for it; 0: not at all.
        say: Told what is waited for.

    Raises:
        KubeError: The resource does not exist, or may not be changed.
    """
    token = f"{timestamp(clock.utcnow())}-{clock.utcnow().microsecond}"
    await kube.annotate(key, {RECONCILE_AT: token})
    if not wait:
        return True, f"A reconcile of {key} is requested."
    say(f"waiting for the operator to reconcile {key}")
    until = clock.monotonic() + wait
    while clock.monotonic() < until:
        resource = await kube.get(key)
        if resource.status.get("lastHandledReconcileAt") == token:
            ready = resource.condition("Ready") or {}
            reason, message = ready.get("reason", "no condition"), ready.get("message", "")
            return True, f"{key} has been reconciled: {reason}: {message}"
        await asyncio.sleep(_PAUSE)
    paused = " It is paused." if (await kube.get(key)).paused else ""
    text = f"The operator has not reconciled {key} within {wait:.0f} s: is it running?{paused}"
    return False, text
