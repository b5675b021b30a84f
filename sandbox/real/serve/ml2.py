# mypy: disable-error-code="import-not-found,import-untyped,misc"
# This runs in Neutron's process; the entry point in sandbox_ml2-1.0.dist-info names it.
"""A mechanism driver of ML2 that binds every port at once, as if each host had an agent."""

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class Binding(api.MechanismDriver):
    def initialize(self) -> None:
        """Do nothing."""

    def bind_port(self, context: Any) -> None:
        context.set_binding(
            context.segments_to_bind[0][api.ID],
            portbindings.VIF_TYPE_OVS,
            {portbindings.CAP_PORT_FILTER: True},
            status=constants.PORT_STATUS_ACTIVE,
        )
