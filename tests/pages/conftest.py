from tests.operator.conftest import shared_operator, tenant

__all__ = ["shared_operator", "tenant"]
