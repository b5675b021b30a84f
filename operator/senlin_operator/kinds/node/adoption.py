"""The adoption of an existing server: requests that check what Senlin itself does not check."""

from openstack_clustering import Proxy, keywords
from openstack_clustering.exceptions import ServerError
from senlin_operator.kinds.node.desired import Adoption, Desired
from senlin_operator.kinds.node.observed import ADOPTED
from senlin_operator.model.outcome import Unsupported
from senlin_operator.model.ownership import IN_METADATA, Owner, entries


def adopt(proxy: Proxy, desired: Desired, adoption: Adoption, owner: Owner) -> str:
    """Make a node of an existing server, and return the node's id.

    Raises:
        Unsupported: Senlin could not adopt the server, or would make a second node of it.
        ClientException: Senlin refuses a request, or it could not be sent.
    """
    for node in proxy.nodes():
        if node.physical_id != adoption.identity:
            continue
        marker = IN_METADATA.read(node)
        if marker and marker.uid == owner.uid:  # the reply to an earlier request was lost
            return node.id
        raise Unsupported(
            f"{adoption.identity} is already node {node.name} ({node.id}), and Senlin would make a "
            "second one of it: import that node, or delete it first."
        )
    fields: keywords.Adoption = {
        "identity": adoption.identity,
        "type": adoption.type,
        "overrides": adoption.overrides,
        "snapshot": adoption.snapshot,
    }
    _preview(proxy, fields)
    metadata = {**desired.metadata, **entries(owner), ADOPTED: "yes"}
    fields |= {"name": desired.name, "metadata": metadata}
    return proxy.adopt_node(**fields).id


def _preview(proxy: Proxy, fields: keywords.Adoption) -> None:
    """Raise Unsupported, with a cause and a remedy, if Senlin could not adopt the server."""
    identity = fields["identity"]
    try:
        preview = proxy.adopt_node(preview=True, **fields)
    except ServerError as error:
        # If there is no such server, Senlin 16 answers 500, with Nova's 404 in the message.
        if error.type != "ProfileOperationFailed" or not error.message.startswith("404"):
            raise
        raise Unsupported(f"There is no {identity} to adopt: {error.message}") from error
    properties = preview["node_profile"]["node_preview"]["properties"]
    if empty := sorted(name for name, value in properties.items() if value is None):
        raise Unsupported(
            f"{identity} has no {', '.join(empty)}, and Senlin 16 makes no profile with "
            "an empty property: give it a value in adopt.overrides."
        )
