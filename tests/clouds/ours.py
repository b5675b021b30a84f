"""Logs in with this client by a file of the corpus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions

from openstack_clustering import ClientException, Connection
from openstack_clustering._config import Config, load
from openstack_clustering.exceptions import EndpointNotFound

CLOUD = "mycloud"


def chosen(file: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Log in, and return where the client would send its requests."""
    try:
        config = _configured(file, environ)
        with Connection(config=config) as connection:
            try:
                endpoint = connection._transport.endpoint()
            except EndpointNotFound:
                endpoint = None
            if config.endpoint_override:  # until now no token was needed
                connection.session.get_token()
    except (ClientException, keystone_exceptions.ClientException) as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    cert = [config.cert, config.key] if config.key else config.cert
    return {
        "region": config.region_name,
        "interface": config.interface,
        "endpoint": endpoint,
        "microversion": config.microversion,
        "verify": config.cacert or config.verify,
        "cert": cert,
    }


def _configured(file: Path, environ: Mapping[str, str]) -> Config:
    if file.suffix == ".env":
        lines = file.read_text().splitlines()[1:]
        environ = {**environ, **dict(line.split("=", 1) for line in lines)}
        return load(None, document=None, environ=environ, overrides={})
    environ = {**environ, "OS_CLIENT_CONFIG_FILE": str(file)}
    cloud = CLOUD if CLOUD in file.read_text() else None
    return load(cloud, document=None, environ=environ, overrides={})
