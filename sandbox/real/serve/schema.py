# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call"
# This runs in the real cloud's own virtual environment.
"""Make a database whose migrations SQLite cannot run, from its models: `schema.py SERVICE FILE`."""

import sys
from typing import Any

import sqlalchemy


def neutron(engine: Any) -> None:
    from neutron.db.migration.models import head

    head.get_metadata().create_all(engine)


def octavia(engine: Any) -> None:
    from octavia.common import constants
    from octavia.db import base_models, models
    from sqlalchemy import orm

    base_models.BASE.metadata.create_all(engine)
    # The migrations also fill these tables.
    names = {
        models.ProvisioningStatus: constants.SUPPORTED_PROVISIONING_STATUSES,
        models.HealthMonitorType: constants.SUPPORTED_HEALTH_MONITOR_TYPES,
        models.Algorithm: constants.SUPPORTED_LB_ALGORITHMS,
        models.Protocol: constants.SUPPORTED_PROTOCOLS,
        models.OperatingStatus: constants.SUPPORTED_OPERATING_STATUSES,
        models.SessionPersistenceType: constants.SUPPORTED_SP_TYPES,
        models.AmphoraRoles: constants.SUPPORTED_AMPHORA_ROLES,
        models.LBTopology: constants.SUPPORTED_LB_TOPOLOGIES,
        models.VRRPAuthMethod: constants.SUPPORTED_VRRP_AUTH,
        models.L7RuleType: constants.SUPPORTED_L7RULE_TYPES,
        models.L7RuleCompareType: constants.SUPPORTED_L7RULE_COMPARE_TYPES,
        models.L7PolicyAction: constants.SUPPORTED_L7POLICY_ACTIONS,
        models.ClientAuthenticationMode: constants.SUPPORTED_CLIENT_AUTH_MODES,
    }
    with orm.Session(engine) as session:
        session.add_all(model(name=name) for model, values in names.items() for name in values)
        session.commit()


MAKERS = {it.__name__: it for it in (neutron, octavia)}


def main() -> None:
    service, file = sys.argv[1:]
    MAKERS[service](sqlalchemy.create_engine(f"sqlite:///{file}"))


if __name__ == "__main__":
    main()
