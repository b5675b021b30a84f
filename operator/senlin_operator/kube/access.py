"""The address of the API server and the credentials for it: of a kubeconfig, or of the pod."""

import os
from typing import Any

from kubernetes.aio import client, config
from kubernetes.aio.config import ConfigException as ConfigException

_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


async def load(kubeconfig: str | None) -> Any:
    """Return the library's configuration.

    Args:
        kubeconfig: The file; None: in a pod its service account, elsewhere kubectl's default.

    Raises:
        ConfigException, OSError: The file cannot be read, or is not a kubeconfig.
    """
    configuration = client.Configuration()
    if kubeconfig is None and _in_cluster():
        config.load_incluster_config(configuration)
        return configuration
    if kubeconfig is not None:
        os.stat(kubeconfig)  # the library's error for a missing file does not name it
    try:
        await config.load_kube_config(kubeconfig, client_configuration=configuration)
    except (ConfigException, OSError):
        raise
    except Exception:  # noqa: BLE001 - the library raises any type, and may quote a token
        raise ConfigException(f"{kubeconfig or 'the file'} is not a kubeconfig.") from None
    return configuration


def _in_cluster() -> bool:
    return os.path.exists(_SERVICE_ACCOUNT)
