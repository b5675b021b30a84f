import pytest

from sandbox.errors import SandboxError
from sandbox.real.services import SERVICES, of_openstack, with_needs


@pytest.mark.parametrize(
    ("only", "started"),
    [
        ([], ["keystone", "senlin"]),
        (["nova"], ["keystone", "placement", "glance", "neutron", "nova", "senlin"]),
        (["octavia", "rabbitmq"], ["rabbitmq", "keystone", "neutron", "octavia", "senlin"]),
        (["zaqar", "zaqar"], ["redis", "keystone", "zaqar", "senlin"]),
    ],
)
def test_what_is_asked_for_is_started_with_its_needs(only: list[str], started: list[str]) -> None:
    assert list(with_needs(only)) == started


def test_an_unknown_service_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SandboxError, match=r"no cinder, but: placement, .*, rabbitmq"):
        with_needs(["nova", "cinder"])


def test_only_services_of_openstack_are_in_the_catalogue() -> None:
    assert of_openstack(["redis", "rabbitmq", *SERVICES]) == tuple(SERVICES)
