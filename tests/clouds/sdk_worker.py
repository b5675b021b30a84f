"""Logs in with openstacksdk by each file of a corpus, and prints what it chose, as JSON.

`test_clouds.py` runs it, once for all files, in the virtual environment that has openstacksdk.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import openstack.config
import requests

CLOUD = "mycloud"


def main(keystone: str, corpus: Path, variables: Path, vendors: Path) -> None:
    warnings.simplefilter("ignore")
    results = {}
    for file in sorted(corpus.iterdir()):
        requests.get(f"{keystone}/announce/{file.name}", timeout=5)
        results[file.name] = chosen([str(file)], vendors)
    proxies = dict(os.environ)
    for file in sorted(variables.iterdir()):
        requests.get(f"{keystone}/announce/{file.name}", timeout=5)
        os.environ.update(dict(line.split("=", 1) for line in file.read_text().splitlines()[1:]))
        results[file.name] = chosen([], vendors)
        os.environ.clear()
        os.environ.update(proxies)
    json.dump(results, sys.stdout)


def chosen(files: list[str], vendors: Path) -> dict[str, Any]:
    """Log in, and return where openstacksdk would send its requests."""
    try:
        config = openstack.config.OpenStackConfig(
            config_files=files, secure_files=[], vendor_files=[str(vendors)]
        )
        region = config.get_one(CLOUD if files and CLOUD in config.get_cloud_names() else None)
        region.get_session().get_token()
        verify, cert = region.get_requests_verify_args()
        interface = region.get_interface("clustering")
        endpoint = region.get_endpoint("clustering") or region.get_endpoint_from_catalog(
            "clustering"
        )
        version = region._get_version_request("clustering", None)
    except Exception as error:  # noqa: BLE001 - whatever it raises, it does not log in
        return {"refused": f"{type(error).__name__}: {error}"}
    return {
        "region": region.get_region_name("clustering") or None,
        "interface": interface,
        "endpoint": endpoint,
        "microversion": version.default_microversion,
        "verify": verify,
        "cert": cert,
    }


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
