"""The sessions of all credentials: bounded for each namespace, and in all."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.session import CloudSession, SessionOptions
from senlin_operator.telemetry import logging, metrics


class TooManySessions(Exception):
    """A further session would be one too many; the message says of what."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many sessions there may be. One that closes counts until its threads have ended."""

    of_namespace: int = 8
    in_all: int = 500


@dataclass(frozen=True, slots=True)
class _User:
    fingerprint: str
    kind: str
    namespace: str


@dataclass(frozen=True, slots=True)
class _Shared:
    session: CloudSession
    users: set[str] = field(default_factory=set)  # uids
    kinds: Counter[str] = field(default_factory=Counter)  # of the users


class SessionPool:
    """The sessions, by credential; each is closed when its last user leaves."""

    def __init__(
        self,
        subscribers: Callable[[Callable[[str], bool]], Subscribers],
        options: SessionOptions,
        limits: Limits | None = None,
    ) -> None:
        """Make a pool without sessions.

        Args:
            subscribers: Returns the subscribers of a session, and gets a function that returns
                whether the object with a uid uses it: a cloud may list any uid and id, and must
                not wake others with them.
            options: Those of all sessions.
            limits: How many sessions there may be.
        """
        self._subscribers = subscribers
        self._options = options
        self._limits = limits or Limits()
        self._sessions: dict[str, _Shared] = {}
        self._users: dict[str, _User] = {}  # by uid
        # The credentials of each namespace, with the number of users.
        self._credentials: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._closing: dict[asyncio.Task[None], str] = {}  # with the last user's namespace

    def use(self, credential: Credential, uid: str, kind: str, namespace: str) -> CloudSession:
        """Return the session of the credential for a user, who leaves the previous session.

        Raises:
            TooManySessions: It would take one more than there may be.
        """
        user = _User(credential.fingerprint, kind, namespace)
        if self._users.get(uid) != user:
            self.leave(uid)
            self._admit(user)
            self._join(credential, uid, user)
        session = self._sessions[user.fingerprint].session
        logging.note(credential=session.label)
        return session

    def all(self) -> list[CloudSession]:
        """Return all sessions. From any thread."""
        return [shared.session for shared in list(self._sessions.values())]

    def users_of_session(self, uid: str) -> Iterable[str]:
        """Return the uids of the users of the same session, including the given one."""
        user = self._users.get(uid)
        return self._sessions[user.fingerprint].users if user else ()

    def leave(self, uid: str) -> None:
        """Close the session if this was the last user."""
        user = self._users.pop(uid, None)
        if user is None:
            return
        credentials = self._credentials[user.namespace]
        credentials[user.fingerprint] -= 1
        if not credentials[user.fingerprint]:
            del credentials[user.fingerprint]
        if not credentials:
            del self._credentials[user.namespace]
        shared = self._sessions[user.fingerprint]
        shared.users.discard(uid)
        shared.kinds[user.kind] -= 1
        if not shared.users:
            task = asyncio.create_task(self._close(self._sessions.pop(user.fingerprint).session))
            self._closing[task] = user.namespace
            task.add_done_callback(self._closing.pop)
        elif not shared.kinds[user.kind]:
            shared.session.list_on_demand(user.kind, used=False)

    def _join(self, credential: Credential, uid: str, user: _User) -> None:
        """Count a user of a session, which begins with its first one."""
        shared = self._sessions.get(user.fingerprint)
        if shared is None:
            subscribers = self._subscribers(partial(self._uses, user.fingerprint))
            shared = _Shared(CloudSession(credential, subscribers, self._options))
            self._sessions[user.fingerprint] = shared
        self._users[uid] = user
        self._credentials[user.namespace][user.fingerprint] += 1
        shared.users.add(uid)
        shared.kinds[user.kind] += 1
        shared.session.list_on_demand(user.kind, used=True)

    async def close(self) -> None:
        await asyncio.gather(*(session.close() for session in self.all()), *self._closing)

    def _uses(self, fingerprint: str, uid: str) -> bool:
        user = self._users.get(uid)
        return user is not None and user.fingerprint == fingerprint

    def _admit(self, user: _User) -> None:
        """Raise unless the user's namespace may use the credential.

        Half of all sessions are kept for namespaces that have none yet, so that a few namespaces
        cannot use them up.
        """
        used = self._credentials.get(user.namespace, ())
        if user.fingerprint in used:
            return
        closing = sum(namespace == user.namespace for namespace in self._closing.values())
        if len(used) + closing >= self._limits.of_namespace:
            raise TooManySessions(
                f"Namespace {user.namespace} uses {self._limits.of_namespace} credentials already, "
                "counted by cloud and project, and may not use more at once."
            )
        total = len(self._sessions) + len(self._closing)
        first = not used and not closing
        most = self._limits.in_all if first else self._limits.in_all // 2
        if user.fingerprint not in self._sessions and total >= most:
            raise TooManySessions(
                f"The operator uses {total} credentials already, and may not use more at once."
            )

    async def _close(self, session: CloudSession) -> None:
        await session.close()
        if all(other.label != session.label for other in self.all()):
            metrics.CREDENTIAL_ERRORS.remove_by_labels({"credential": session.label})
