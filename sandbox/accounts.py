"""The users and projects in the sandbox's Keystone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

REGION = "RegionOne"
PROJECTS = ("blue", "green")

# Users by name, with their project; without a project they can log in, but have no rights.
USERS: dict[str, str | None] = {
    "blue-1": "blue",
    "blue-2": "blue",
    "green-1": "green",
    "green-2": "green",
    "nobody": None,
}
ADMIN = "admin"  # in the project of the same name
SERVICE_USER, SERVICE_PROJECT = "senlin", "service"


def password_of(user: str) -> str:
    """Return a password that is easy to search for in logs, where it must not appear."""
    return f"secret-of-{user}"


def domain_admin_of(domain: str) -> str:
    """Return the name of the administrator of a further domain."""
    return f"{domain}-domain-admin"


def project_of(user: str) -> str:
    """Return the project that a user logs in to."""
    if user in USERS:
        return USERS[user] or PROJECTS[0]
    return ADMIN if user == ADMIN else SERVICE_PROJECT


def document(
    services: Mapping[str, str] = MappingProxyType({"senlin": "clustering"}),
    roles: Sequence[str] = (),
    granted: Sequence[str] = (),
    domains: Sequence[str] = (),
) -> dict[str, object]:
    """Return the content of Keystone's database; the cache's key for it depends on this.

    Args:
        services: The types of the services, by name; each has a user of its name.
        roles: Further roles.
        granted: Those of them that the users have.
        domains: Further domains, each with an administrator; see `domain_admin_of`.
    """
    member = ["member", *granted]
    return {
        "admin": {"name": ADMIN, "password": password_of(ADMIN)},
        "region": REGION,
        "roles": list(roles),
        "domains": [
            {"name": name, "admin": _user(domain_admin_of(name), None, ["admin"])}
            for name in domains
        ],
        "projects": [*PROJECTS, SERVICE_PROJECT],
        "users": [
            _user(name, project, member if project else []) for name, project in USERS.items()
        ]
        + [_user(name, SERVICE_PROJECT, ["admin", "service"]) for name in services],
        "services": [{"name": name, "type": type_} for name, type_ in services.items()],
    }


def _user(name: str, project: str | None, roles: list[str]) -> dict[str, object]:
    return {"name": name, "password": password_of(name), "project": project, "roles": roles}
