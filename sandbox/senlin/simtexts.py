"""What Senlin 16 is told, by openstacksdk, when a service of the real cloud refuses or fails.

The texts are those that the real cloud gives: tests/contract holds both clouds to them.
"""

import random
from urllib.parse import urlsplit

# No server listens there; the addresses are in texts only.
NOVA = "http://127.0.0.1:8774/v2.1"
GLANCE = "http://127.0.0.1:9292/v2"
NEUTRON = "http://127.0.0.1:9696/v2.0"
OCTAVIA = "http://127.0.0.1:9876/v2.0/lbaas"
CLASSES = {
    400: "BadRequestException",
    403: "ForbiddenException",
    404: "ResourceNotFound",
    409: "ConflictException",
}
STATES = {  # what Nova calls the states of servers in its texts
    "BUILD": "building",
    "SHUTOFF": "stopped",
    "RESCUE": "rescued",
    "VERIFY_RESIZE": "resized",
}


class CloudError(Exception):
    """The simulated service refused a request.

    Attributes:
        code: The code that Senlin finds in openstacksdk's exception.
        message: The text of that exception.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def server_url(server_id: str, path: str = "") -> str:
    return f"{NOVA}/servers/{server_id}{path}"


def refused(code: int, url: str, text: str) -> CloudError:
    """Return the error for a reply that refuses a request."""
    return CloudError(code, f"{CLASSES[code]}: {code}: Client Error for url: {url}, {text}")


def not_found(kind: str, name: str) -> CloudError:
    """Return the error for a search in vain. It has no code, which is 500 to Senlin."""
    return CloudError(500, f"No {kind} found for {name}")


def no_server(server_id: str) -> CloudError:
    """Return the error for a server that was asked for by its id."""
    text = f"Instance {server_id} could not be found."
    url = server_url(server_id)
    return CloudError(404, f"No Server found for {server_id}: Client Error for url: {url}, {text}")


def wrong_state(server_id: str, operation: str, status: str) -> CloudError:
    """Return the error for an action that a server in this status does not take."""
    state = STATES.get(status, status.lower())
    text = f"Cannot '{operation}' instance {server_id} while it is in vm_state {state}."
    return refused(409, server_url(server_id, "/action"), text)


def failed(server_id: str, status: str) -> CloudError:
    """Return the error for a server that is waited for and gets a status of failure."""
    return CloudError(500, f"Server:{server_id} transitioned to failure state {status}")


def late(server_id: str, status: str) -> CloudError:
    """Return the error for a server that is waited for in vain."""
    return CloudError(500, f"Timeout waiting for Server:{server_id} to transition to {status}")


def unreachable(url: str) -> CloudError:
    """Return the error for a service to which nobody can connect; no two have the same text."""
    parts = urlsplit(url)
    address = f"0x7f{random.getrandbits(40):010x}"
    return CloudError(
        500,
        f"Unable to establish connection to {url}: HTTPConnectionPool(host='{parts.hostname}', "
        f"port={parts.port}): Max retries exceeded with url: {parts.path} (Caused by "
        f"NewConnectionError('<urllib3.connection.HTTPConnection object at {address}>: Failed to "
        "establish a new connection: [Errno 111] ECONNREFUSED'))",
    )


def unavailable(url: str, text: str, server_id: str | None = None) -> CloudError:
    """Return the error for a reply of 503, to a request for this server or to another one."""
    lead = f"No Server found for {server_id}" if server_id else "HttpException: 503"
    return CloudError(503, f"{lead}: Server Error for url: {url}, {text}")


def no_versions() -> CloudError:
    """Return the error for a Glance that is away: its versions are asked for first."""
    text = "The image service for defaults:RegionOne exists but does not have any supported"
    return CloudError(500, f"{text} versions.")
