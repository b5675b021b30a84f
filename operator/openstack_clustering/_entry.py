"""Make one flat entry of a cloud in one region, whatever forms its settings are written in."""

from collections.abc import Mapping
from typing import Any

from openstack_clustering import _values as values
from openstack_clustering.exceptions import ConfigException

Entry = dict[str, Any]

_REGIONS_SHOWN = 10


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> Entry:
    """Return both entries, of which `above` takes precedence; `auth` is merged, others replaced."""
    auth = {**_map(below.get("auth")), **_map(above.get("auth"))}
    given = {key: value for key, value in above.items() if value is not None}
    return {**below, **given, **({"auth": auth} if auth else {})}


def in_one_region(name: str, entry: Mapping[str, Any], region: str | None) -> Entry:
    """Return the entry with the settings of a region, its name in `region_name`, and an `auth`.

    Args:
        name: The name of the cloud, for messages.
        entry: The cloud's entry. Hyphens in its keys become underscores.
        region: The region to choose; None: the first.

    Raises:
        ConfigException: There is no such region, or the entry has another shape.
    """
    entry = _underscored(entry)
    regions = _regions(name, entry)
    if region and entry.get("regions") and region not in regions:
        known = ", ".join(list(regions)[:_REGIONS_SHOWN])
        raise ConfigException(f"The cloud {name} has no such region; it has: {known}.")
    chosen = region or next(iter(regions), None)
    result = overlaid(entry, regions.get(chosen or "", {}))
    auth = result.get("auth") or {}
    if not isinstance(auth, Mapping):
        raise ConfigException(f"`auth` of the cloud {name} is no map.")
    return {**result, "auth": auth, "region_name": chosen or None}


def _regions(name: str, entry: Entry) -> dict[str, Mapping[str, Any]]:
    """Return the settings of each region, by its name.

    `regions` says all of them, so a `region_name` beside it does not count. By itself it may be
    several, as a list or with commas.
    """
    listed = entry.get("regions")
    if not listed:
        named = entry.get("region_name")
        if not isinstance(named, list):
            named = (values.text(name, "region_name", named) or "").split(",")
        return {values.text(name, "region_name", each) or "": {} for each in named}
    if not isinstance(listed, list):
        raise ConfigException(f"`regions` of the cloud {name} is not a list.")
    return dict(_region(name, region) for region in listed)


def _region(name: str, region: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(region, Mapping):
        return values.text(name, "regions", region) or "", {}
    settings = region.get("values") or {}
    if not isinstance(settings, Mapping):
        raise ConfigException(f"`values` of a region of the cloud {name} is no map.")
    named = values.text(name, "regions", region.get("name"))
    if named is None:
        raise ConfigException(f"A region of the cloud {name} has no name.")
    return named, _underscored(settings)


def _underscored(entry: Mapping[str, Any]) -> Entry:
    return {
        str(key).replace("-", "_"): (
            _underscored(value) if key == "auth" and isinstance(value, Mapping) else value
        )
        for key, value in entry.items()
    }


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
