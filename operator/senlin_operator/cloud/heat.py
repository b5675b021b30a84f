"""Heat's own words about the stack of a node.

Senlin 16 does not notice that a stack has failed: it waits for an hour, or as long as the profile's
`timeout` says, and then tells only that.
"""

from urllib.parse import urlencode

from keystoneauth1.session import Session

from openstack_clustering import Config
from senlin_operator.cloud.service import Service, text_in


class Heat:
    """The orchestration service of the credential's project; many threads may share it."""

    def __init__(self, session: Session, config: Config) -> None:
        self._service = Service(session, config, "orchestration")

    def state(self, node_id: str) -> str | None:
        """Return what Heat says of the newest stack of a node, which has the node in its tags.

        Of a stack that failed it is such as `CREATE_FAILED: Resource CREATE failed: …`, the text of
        its last event.
        """
        return self._service.ask(lambda: self._state(node_id))

    def _state(self, node_id: str) -> str | None:
        query = urlencode({"tags": f"cluster_node_id={node_id}", "limit": 1})
        for stack in self._service.get(f"/stacks?{query}").get("stacks", []):  # the newest first
            status, reason = stack["stack_status"], text_in(stack["stack_status_reason"])
            return f"{status}: {reason}" if status.endswith("_FAILED") and reason else str(status)
        return None
