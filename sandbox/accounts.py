"""Who is who in the sandbox's Keystone."""

REGION = "RegionOne"
PROJECTS = ("blue", "green")

# Users of a project; those who belong to none can log in, but may do nothing.
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
    """Return a word that is easily found where it should not be, such as in a log."""
    return f"secret-of-{user}"


def document() -> dict[str, object]:
    """Return what Keystone is filled with; part of the key of the prepared databases."""
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
