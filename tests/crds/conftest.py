"""The real API server, as the tests of the schemas use it."""

import pytest
from kubernetes.client import CustomObjectsApi
from kubernetes.config import new_client_from_config

from sandbox import Sandbox
from tests.crds.apiserver import PLURALS, Resources


@pytest.fixture(scope="session")
def custom_objects(sandbox: Sandbox) -> CustomObjectsApi:
    return CustomObjectsApi(new_client_from_config(str(sandbox.kubeconfig)))


@pytest.fixture(params=PLURALS)
def each_kind(
    request: pytest.FixtureRequest, custom_objects: CustomObjectsApi, namespace: str
) -> Resources:
    return Resources(custom_objects, request.param, namespace)


@pytest.fixture
def profiles(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinprofiles", namespace)


@pytest.fixture
def policies(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinpolicies", namespace)


@pytest.fixture
def clusters(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinclusters", namespace)


@pytest.fixture
def receivers(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinreceivers", namespace)


@pytest.fixture
def nodes(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinnodes", namespace)


@pytest.fixture
def operations(custom_objects: CustomObjectsApi, namespace: str) -> Resources:
    return Resources(custom_objects, "senlinoperations", namespace)
