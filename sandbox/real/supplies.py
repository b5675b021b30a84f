"""What profiles name, and what may be gone by the time that Nova wants it."""

from sandbox.real.api import Api, id_of

CONTENT = b"No server ever boots from this.\n"


class Supplies:
    """Makes and deletes images, networks and key pairs of the project blue."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def add_image(self, name: str) -> None:
        image = {"name": name, "disk_format": "raw", "container_format": "bare"}
        made = self._api.ask("glance", "POST", "/v2/images", image, user="blue-1")
        self._api.ask("glance", "PUT", f"/v2/images/{made['id']}/file", CONTENT, user="blue-1")

    def delete_image(self, name: str) -> None:
        images = self._api.list("glance", f"/v2/images?name={name}", "images")
        self._api.ask("glance", "DELETE", f"/v2/images/{id_of(name, images)}", user="blue-1")

    def add_network(self, name: str) -> None:
        body = {"network": {"name": name}}
        made = self._api.ask("neutron", "POST", "/v2.0/networks", body, user="blue-1")["network"]
        subnet = {"network_id": made["id"], "cidr": "10.30.0.0/24", "ip_version": 4}
        self._api.ask("neutron", "POST", "/v2.0/subnets", {"subnet": subnet}, user="blue-1")

    def delete_network(self, name: str) -> None:
        """Delete a network that no server uses."""
        networks = self._api.list("neutron", "/v2.0/networks", "networks")
        self._api.ask("neutron", "DELETE", f"/v2.0/networks/{id_of(name, networks)}")

    def add_key_pair(self, name: str) -> None:
        body = {"keypair": {"name": name}}
        self._api.ask("nova", "POST", "/v2.1/os-keypairs", body, user="blue-1")

    def delete_key_pair(self, name: str) -> None:
        self._api.ask("nova", "DELETE", f"/v2.1/os-keypairs/{name}", user="blue-1")
