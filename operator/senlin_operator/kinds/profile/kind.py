"""SenlinProfile: the template of a cluster's nodes."""

from collections.abc import Iterable

from openstack_clustering import Profile, Proxy
from senlin_operator.kinds.profile.desired import Desired, desired
from senlin_operator.kinds.profile.observed import Observed, observe
from senlin_operator.kinds.profile.plan import plan
from senlin_operator.kinds.profile.status import readiness, resource_status
from senlin_operator.kinds.profile.steps import Claim, Delete
from senlin_operator.kinds.profile.users import Users
from senlin_operator.kinds.shared.fields import describe, fixed_difference, from_observed
from senlin_operator.model.kind import Kind
from senlin_operator.model.step import Step


class ProfileKind(Kind[Desired, Observed]):
    """Senlin creates and changes profiles at once, without an action."""

    name = "SenlinProfile"
    plural = "senlinprofiles"
    short_name = "sprof"
    resource_type = Profile

    users = Users()

    observe = staticmethod(observe)
    desired = staticmethod(desired)
    plan = staticmethod(plan)
    readiness = staticmethod(readiness)
    resource_status = staticmethod(resource_status)

    def list_objects(self, proxy: Proxy) -> Iterable[Profile]:
        return proxy.profiles()

    def get_object(self, proxy: Proxy, id_: str) -> Profile:
        return proxy.get_profile(id_)

    def desired_from(self, observed: Observed) -> Desired:
        return Desired(**from_observed(observed))

    def delete(self, observed: Observed, *, force: bool) -> Step:
        return Delete(observed.id)

    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        return Claim(id_, what, taken_from)

    def unfit(self, desired: Desired, observed: Observed) -> str:
        return describe(fixed_difference(desired, observed))
