from tests.operator.conftest import idle_world, world

__all__ = ["idle_world", "world"]
