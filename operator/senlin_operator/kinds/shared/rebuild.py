"""Rebuilds of servers, which Senlin 16 as released cannot do: it stops a server, and then fails.

Its driver calls openstacksdk's `rebuild_server` with arguments that it does not take
(senlin/drivers/os/nova_v2.py). A recovery by REBUILD and a change of the image both need it.
"""

from collections.abc import Mapping

from openstack_clustering import Profile
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import Blocked

OR_REPAIRED = "or set the operator's --senlin-repaired if this Senlin is repaired"


def wanted_image(profile: Resource) -> str | None:
    """Return the image in a SenlinProfile; None: it has none, or is unmanaged."""
    properties = profile.spec.get("resource", {}).get("properties", {})
    image: str | None = properties.get("image")
    return image


def image(profile: Profile | None) -> str | None:
    """Return the image in a profile of Senlin; None: it has none, or does not exist any more."""
    properties = (profile.spec.get("properties") or {}) if profile else {}
    found: str | None = properties.get("image")
    return found


def image_after(wanted: str | None, profile_id: str, profiles: Mapping[str, Profile]) -> str | None:
    """Return the image that a change to a profile gives to a server.

    Args:
        wanted: The image in the manifest, which a snapshot may not show yet.
        profile_id: The profile; of an unmanaged one only Senlin has the image.
        profiles: Those in Senlin, by id.
    """
    return wanted if wanted is not None else image(profiles.get(profile_id))


def differs(wanted: str | None, current: str | None) -> bool:
    """Return whether Senlin would rebuild a server for a change between these images."""
    return None not in (wanted, current) and wanted != current


def image_refused(wanted: str | None, current: str | None, otherwise: str) -> Blocked:
    """Return the outcome for a change of the image; `otherwise` says what else can be done."""
    text = (
        f"Senlin 16 as released cannot change the image of a server, from {current} to {wanted}: "
        f"it would stop the server, and fail. {otherwise}, {OR_REPAIRED}."
    )
    return Blocked(Reason.UNSAFE, text)


def rebuild_refused() -> str:
    """Return a sentence about a recovery by REBUILD."""
    return (
        "Senlin 16 as released cannot rebuild a server: set remediation.operation to RECREATE or "
        f"REBOOT, {OR_REPAIRED}"
    )
