"""SenlinPolicy: a rule for clusters."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from openstack_clustering import Policy, Proxy
from senlin_operator.kinds.policy.desired import Desired, desired
from senlin_operator.kinds.policy.observed import Observed, observe
from senlin_operator.kinds.policy.plan import plan
from senlin_operator.kinds.policy.status import readiness, resource_status
from senlin_operator.kinds.policy.steps import Claim, Delete
from senlin_operator.kinds.policy.users import Users
from senlin_operator.kinds.shared.fields import describe, fixed_difference, from_observed
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.kind import Kind
from senlin_operator.model.ownership import IN_NAME
from senlin_operator.model.step import Step


class PolicyKind(Kind[Desired, Observed]):
    """Senlin creates and changes policies at once, without an action.

    Policies have no metadata, so the owner's marker is the end of the name.
    """

    def __init__(self, *, repaired: bool = False) -> None:
        self._repaired = repaired

    name = "SenlinPolicy"
    plural = "senlinpolicies"
    short_name = "spol"
    resource_type = Policy
    notation = IN_NAME

    users = Users()

    observe = staticmethod(observe)
    plan = staticmethod(plan)
    readiness = staticmethod(readiness)
    resource_status = staticmethod(resource_status)

    def desired(self, resource: Resource, known: Mapping[Key, Resource]) -> Desired:
        return replace(desired(resource, known), repaired=self._repaired)

    def list_objects(self, proxy: Proxy) -> Iterable[Policy]:
        return proxy.policies()

    def get_object(self, proxy: Proxy, id_: str) -> Policy:
        return proxy.get_policy(id_)

    def desired_from(self, observed: Observed) -> Desired:
        return Desired(**from_observed(observed))

    def delete(self, observed: Observed, *, force: bool) -> Step:
        return Delete(observed.id)

    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        return Claim(id_, what, taken_from)

    def unfit(self, desired: Desired, observed: Observed) -> str:
        return describe(fixed_difference(desired, observed))
