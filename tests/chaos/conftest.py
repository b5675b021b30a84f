from tests.operator.conftest import idle_tenant, tenant_with_operator

__all__ = ["idle_tenant", "tenant_with_operator"]
