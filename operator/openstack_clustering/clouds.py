"""Find a cloud's entry: in clouds.yaml with secure.yaml, or in the OS_* variables.

The places, the order and the precedence are those of openstacksdk and of the `openstack` command,
so that a user's existing files work unchanged. `config.py` gives the entry its meaning.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openstack_clustering.exceptions import ConfigException

Cloud = dict[str, Any]

# These say where to look. Alone they make no cloud out of the environment.
_SELECTORS = frozenset(
    {
        "OS_CLOUD",
        "OS_CLOUD_NAME",
        "OS_REGION_NAME",
        "OS_CLIENT_CONFIG_FILE",
        "OS_CLIENT_SECURE_FILE",
    }
)
_OF_OTHERS = ("OS_TEST", "OS_STD", "OS_LOG")  # read by test tools


def from_document(document: Mapping[str, Any], name: str | None) -> tuple[str, Cloud]:
    """Return the name and the entry of a cloud in a parsed clouds.yaml."""
    clouds = _clouds_of(document, "the given clouds.yaml")
    return _pick(clouds, name, "the given clouds.yaml")


def from_surroundings(name: str | None, environ: Mapping[str, str]) -> tuple[str, Cloud]:
    """Return the name and the entry of a cloud in the files or the variables of this process."""
    environ = {key: value for key, value in environ.items() if value}  # empty is not set
    name = name or environ.get("OS_CLOUD")
    variables_name = environ.get("OS_CLOUD_NAME", "envvars")
    variables = _from_variables(environ)
    if variables and name in (None, variables_name):
        return variables_name, variables
    file = _first_file("clouds", environ, "OS_CLIENT_CONFIG_FILE")
    if file is None:
        wanted = f"The cloud {name}" if name else "A cloud"
        places = ", ".join(str(place) for place in _places(environ))
        raise ConfigException(f"{wanted} is not configured: no clouds.yaml in {places}, no OS_*.")
    clouds = _clouds_of(_read(file), str(file))
    if secure := _first_file("secure", environ, "OS_CLIENT_SECURE_FILE"):
        clouds = merged(clouds, _clouds_of(_read(secure), str(secure)))
    chosen, cloud = _pick(clouds, name, str(file))
    return chosen, _with_vendor_profile(cloud, environ)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both maps as one; `above` wins, maps inside are merged the same way."""
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        both_maps = isinstance(inner, Mapping) and isinstance(value, Mapping)
        result[key] = merged(inner, value) if both_maps else value  # type: ignore[arg-type]
    return result


def _pick(clouds: Mapping[str, Any], name: str | None, source: str) -> tuple[str, Cloud]:
    names = ", ".join(sorted(map(str, clouds))) or "none"
    if name is None:
        if len(clouds) != 1:
            raise ConfigException(f"Say which cloud to use; {source} has: {names}.")
        name = next(iter(clouds))
    if name not in clouds:
        raise ConfigException(f"There is no cloud {name} in {source}; it has: {names}.")
    cloud = clouds[name]
    if not isinstance(cloud, Mapping):
        raise ConfigException(f"The cloud {name} in {source} is no map of settings.")
    return name, dict(cloud)


def _clouds_of(document: Any, source: str, key: str = "clouds") -> Mapping[str, Any]:
    clouds = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(clouds, Mapping):
        raise ConfigException(f"There is no map `{key}:` in {source}.")
    return clouds


def _from_variables(environ: Mapping[str, str]) -> Cloud | None:
    names = {key for key in environ if key.startswith("OS_") and not key.startswith(_OF_OTHERS)}
    if names <= _SELECTORS:
        return None
    return {key.removeprefix("OS_").lower(): environ[key] for key in names}


def _with_vendor_profile(cloud: Cloud, environ: Mapping[str, str]) -> Cloud:
    vendor = cloud.get("profile")
    if vendor is None:
        return cloud
    file = _first_file("clouds-public", environ, None)
    vendors = _clouds_of(_read(file), str(file), "public-clouds") if file else {}
    if vendor not in vendors:
        # openstacksdk ships a list of vendors; it has aged, and names no clustering service.
        raise ConfigException(
            f"The vendor profile {vendor} is in no clouds-public.yaml: "
            "write its auth_url and regions into clouds.yaml."
        )
    return merged(vendors[vendor], cloud)


def _first_file(stem: str, environ: Mapping[str, str], variable: str | None) -> Path | None:
    return next((file for file in _candidates(stem, environ, variable) if file.is_file()), None)


def _candidates(stem: str, environ: Mapping[str, str], variable: str | None) -> Iterator[Path]:
    if variable and (named := environ.get(variable)):
        yield Path(named).expanduser()
    for place in _places(environ):
        for suffix in (".yaml", ".yml", ".json"):
            yield place / f"{stem}{suffix}"


def _places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    home = Path(environ.get("HOME", "~")).expanduser()
    own = Path(environ["XDG_CONFIG_HOME"]) if "XDG_CONFIG_HOME" in environ else home / ".config"
    return (
        Path.cwd(),
        own / "openstack",
        Path("/etc/xdg/openstack"),
        Path("/etc/openstack"),
    )


def _read(file: Path) -> Any:
    import yaml  # costs a sixth of the client's import; a session or OS_* need no file

    try:
        with file.open(encoding="utf-8") as text:
            return yaml.safe_load(text)  # JSON is YAML
    except OSError as error:
        raise ConfigException(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigException(f"{file} is not UTF-8.") from error
    except yaml.YAMLError as error:
        # PyYAML's own message quotes the line, and with it perhaps a password.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ConfigException(f"{file} is not YAML{where}.") from None
