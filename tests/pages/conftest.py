from tests.operator.conftest import tenant

__all__ = ["tenant"]
