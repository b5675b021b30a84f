"""Find a cloud's entry in clouds.yaml and secure.yaml, or in the OS_* variables.

The directories, their order and the precedence are those of openstacksdk and of the `openstack`
command, so existing files work unchanged. `_config.py` parses the entry.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openstack_clustering._entry import overlaid
from openstack_clustering._yaml import UnreadableText, read_json, read_yaml
from openstack_clustering.exceptions import ConfigException

Cloud = dict[str, Any]

# These select a file, a cloud or a region. They alone do not describe a cloud.
_SELECTORS = frozenset(
    {
        "OS_CLOUD",
        "OS_CLOUD_NAME",
        "OS_REGION_NAME",
        "OS_CLIENT_CONFIG_FILE",
        "OS_CLIENT_SECURE_FILE",
    }
)
_SHOWN = 10  # names of clouds in a message
_NAME = 64  # characters of each
_IGNORED = ("OS_TEST", "OS_STD", "OS_LOG")  # options of OpenStack's test tools


def from_document(document: object, name: str | None) -> tuple[str, Cloud]:
    """Return the name and the entry of a cloud in a parsed clouds.yaml."""
    clouds = _get_clouds(document, "the clouds.yaml")
    chosen, cloud = _select_cloud(clouds, name, "the clouds.yaml")
    return chosen, _with_vendor_profile(chosen, cloud, {})


def from_environment(name: str | None, environ: Mapping[str, str]) -> tuple[str, Cloud]:
    """Return the name and the entry of a cloud from the files or the environment variables."""
    environ = {key: value for key, value in environ.items() if value}  # empty means unset
    name = name or environ.get("OS_CLOUD")
    variables_name = environ.get("OS_CLOUD_NAME", "envvars")
    variables = _from_variables(environ)
    if variables and name in (None, variables_name):
        return variables_name, variables
    file = _first_file("clouds", environ, "OS_CLIENT_CONFIG_FILE")
    if file is None:
        title = f"The cloud {name}" if name else "A cloud"
        places = ", ".join(map(str, _search_path(environ)))
        raise ConfigException(f"{title} is not configured: no clouds.yaml in {places}, no OS_*.")
    clouds = _get_clouds(_read(file), str(file))
    if secure := _first_file("secure", environ, "OS_CLIENT_SECURE_FILE"):
        clouds = merge(clouds, _get_clouds(_read(secure), str(secure)))
    chosen, cloud = _select_cloud(clouds, name, str(file))
    file = _first_file("clouds-public", environ, None)
    vendors = _get_clouds(_read(file), str(file), "public-clouds") if file else {}
    return chosen, _with_vendor_profile(chosen, cloud, vendors)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both maps merged recursively; `above` takes precedence."""
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        both_maps = isinstance(inner, Mapping) and isinstance(value, Mapping)
        result[key] = merge(inner, value) if both_maps else value  # type: ignore[arg-type]
    return result


def _select_cloud(clouds: Mapping[str, Any], name: str | None, source: str) -> tuple[str, Cloud]:
    if name is None:
        if len(clouds) != 1:
            raise ConfigException(f"Say which cloud to use; {source} has: {_names(clouds)}.")
        name = str(next(iter(clouds)))
    if name not in clouds:
        raise ConfigException(f"There is no cloud {name} in {source}; it has: {_names(clouds)}.")
    cloud = clouds[name]
    if not isinstance(cloud, Mapping):
        raise ConfigException(f"The cloud {name} in {source} is no map of settings.")
    return name, {str(key): value for key, value in cloud.items()}


def _names(clouds: Mapping[str, Any]) -> str:
    """Return the names of some clouds, each of them cut."""
    names = [str(name)[:_NAME] for name in sorted(map(str, clouds))]
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join(names[:_SHOWN] + more) or "none"


def _get_clouds(document: Any, source: str, key: str = "clouds") -> Mapping[str, Any]:
    clouds = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(clouds, Mapping):
        raise ConfigException(f"There is no map `{key}:` in {source}.")
    return clouds


def _from_variables(environ: Mapping[str, str]) -> Cloud | None:
    names = {key for key in environ if key.startswith("OS_") and not key.startswith(_IGNORED)}
    if names <= _SELECTORS:
        return None
    return {key.removeprefix("OS_").lower(): environ[key] for key in names}


def _with_vendor_profile(name: str, cloud: Cloud, vendors: Mapping[str, Any]) -> Cloud:
    vendor = cloud.get("profile") or cloud.get("cloud")  # the old name of the key
    profile = vendors.get(vendor) if isinstance(vendor, str) else None
    if isinstance(profile, Mapping):
        own_region = {"region_name", "region-name"} & cloud.keys()
        below = {key: it for key, it in profile.items() if key != "regions" or not own_region}
        return overlaid(below, cloud)
    auth = cloud.get("auth")
    given = {*cloud, *(auth if isinstance(auth, Mapping) else ())}
    if vendor and not given & {"auth_url", "auth-url"}:
        # openstacksdk's own list of vendors is outdated, and none of them has a clustering service.
        raise ConfigException(
            f"The vendor profile of the cloud {name} is in no clouds-public.yaml: "
            "write its auth_url and regions into clouds.yaml."
        )
    return cloud


def _first_file(stem: str, environ: Mapping[str, str], variable: str | None) -> Path | None:
    return next((file for file in _candidates(stem, environ, variable) if file.is_file()), None)


def _candidates(stem: str, environ: Mapping[str, str], variable: str | None) -> Iterator[Path]:
    if variable and (named := environ.get(variable)):
        yield Path(named).expanduser()
    for place in _search_path(environ):
        for suffix in (".yaml", ".yml", ".json"):
            yield place / f"{stem}{suffix}"


def _search_path(environ: Mapping[str, str]) -> tuple[Path, ...]:
    home = Path(environ.get("HOME", "~")).expanduser()
    user = Path(environ["XDG_CONFIG_HOME"]) if "XDG_CONFIG_HOME" in environ else home / ".config"
    return (
        Path.cwd(),
        user / "openstack",
        Path("/etc/xdg/openstack"),
        Path("/etc/openstack"),
    )


def _read(file: Path) -> Any:
    read = read_json if file.suffix == ".json" else read_yaml
    try:
        return read(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigException(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigException(f"{file} is not UTF-8.") from error
    except UnreadableText as error:
        raise ConfigException(f"{file} {error}.") from None
