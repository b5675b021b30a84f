"""The control of Heat. Stacks fail as their servers do, by a fault of Nova."""

from fnmatch import fnmatchcase

from sandbox.real.api import Api, Record, wait_until


class Heat:
    """Lists stacks, and deletes them; `name` is a shell pattern."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def stacks(self, name: str = "*", *, project: str = "blue") -> list[Record]:
        """Return the matching stacks of a project, which are not nested, with their reasons."""
        # An administrator's list of all projects is forbidden by default: log in as a user.
        found = self._ask("GET", "/stacks", project)["stacks"]
        return [stack for stack in found if fnmatchcase(stack["stack_name"], name)]

    def vanish(self, name: str = "*", *, project: str = "blue") -> int:
        """Delete stacks without Senlin's knowledge; return how many."""
        found = self.stacks(name, project=project)
        for stack in found:
            self._ask("DELETE", f"/stacks/{stack['stack_name']}/{stack['id']}", project)
        wait_until(lambda: not self.stacks(name, project=project), "the stacks are gone")
        return len(found)

    def _ask(self, method: str, path: str, project: str) -> Record:
        path = f"/v1/{self._api.project_id(project)}{path}"
        reply: Record = self._api.ask("heat", method, path, user=f"{project}-1")
        return reply
