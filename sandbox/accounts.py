"""The users and projects in the sandbox's Keystone."""

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


def document() -> dict[str, object]:
    """Return the content of Keystone's database; the cache's key for it depends on this."""
    return {
        "admin": {"name": ADMIN, "password": password_of(ADMIN)},
        "region": REGION,
        "projects": [*PROJECTS, SERVICE_PROJECT],
        "users": [
            {
                "name": name,
                "password": password_of(name),
                "project": project,
                "roles": ["member"] if project else [],
            }
            for name, project in USERS.items()
        ]
        + [
            {
                "name": SERVICE_USER,
                "password": password_of(SERVICE_USER),
                "project": SERVICE_PROJECT,
                "roles": ["admin", "service"],
            }
        ],
        "services": [{"name": "senlin", "type": "clustering"}],
    }
