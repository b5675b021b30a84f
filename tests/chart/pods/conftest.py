from tests.pods.conftest import namespace, sandbox, sandbox_with_pods

__all__ = ["namespace", "sandbox", "sandbox_with_pods"]
