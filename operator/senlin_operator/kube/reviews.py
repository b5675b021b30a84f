"""Who may read the metrics: Kubernetes says who has a token, and what they may do.

As the filter of controller-runtime does: a TokenReview, and a SubjectAccessReview for the verb
`get` of the path /metrics.
"""

import asyncio
import hashlib
from typing import Any, NamedTuple

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.server import Reply

_TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_ALLOWED, _REFUSED = 60.0, 10.0  # seconds for which a decision is kept
_KEPT = 100  # decisions
_MAX_TOKEN = 8192  # characters; those of Kubernetes have about a thousand
_WITHOUT = Reply(401, b"a bearer token is needed, of an account that may get /metrics\n")
_UNKNOWN = Reply(401, b"Kubernetes does not know the bearer token\n")


class _Decision(NamedTuple):
    until: float
    refusal: Reply | None


class Reviews:
    """Asks Kubernetes about bearer tokens, one after the other, and keeps its decisions.

    It is called in the thread of the metrics, and asks in the event loop that made it. So who was
    allowed a moment ago reads the metrics also of a loop that hangs.
    """

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._loop = asyncio.get_running_loop()
        self._decisions: dict[bytes, _Decision] = {}  # by a hash: no token is kept
        self._asking = asyncio.Lock()

    async def __call__(self, token: str) -> Reply | None:
        """Return how to refuse a bearer token, or None if its owner may read the metrics."""
        if not token or len(token) > _MAX_TOKEN:
            return _WITHOUT
        hashed = hashlib.sha256(token.encode()).digest()
        decision = self._kept(hashed)
        if decision is None:
            async with self._asking:
                decision = self._kept(hashed) or await self._ask_in_loop(token)
                self._decisions[hashed] = decision
                if len(self._decisions) > _KEPT:
                    del self._decisions[next(iter(self._decisions))]
        return decision.refusal

    def _kept(self, hashed: bytes) -> _Decision | None:
        decision = self._decisions.get(hashed)
        return decision if decision and clock.monotonic() < decision.until else None

    async def _ask_in_loop(self, token: str) -> _Decision:
        asked = asyncio.run_coroutine_threadsafe(self._ask(token), self._loop)
        return await asyncio.wrap_future(asked)

    async def _ask(self, token: str) -> _Decision:
        try:
            refusal = await self._refusal(token)
        except KubeError as error:
            text = (
                f"Kubernetes reviews no token: {error} The metrics can be read without one if the "
                "setting metrics-authentication is none.\n"
            )
            refusal = Reply(503, text.encode())
        return _Decision(clock.monotonic() + (_REFUSED if refusal else _ALLOWED), refusal)

    async def _refusal(self, token: str) -> Reply | None:
        review = await self._review(_TOKENS, "authentication.k8s.io/v1", "TokenReview", token=token)
        if not review.get("authenticated"):
            return _UNKNOWN
        user = review["user"]
        who = {name: user[name] for name in ("uid", "groups", "extra") if name in user}
        access = await self._review(
            _ACCESS,
            "authorization.k8s.io/v1",
            "SubjectAccessReview",
            user=user["username"],
            nonResourceAttributes={"path": "/metrics", "verb": "get"},
            **who,
        )
        if not access.get("allowed"):
            return Reply(403, f"{user['username']} may not get /metrics\n".encode())
        return None

    async def _review(self, path: str, version: str, kind: str, **spec: Any) -> dict[str, Any]:
        # A standby is fenced, and has metrics, too; a review changes nothing.
        body = {"apiVersion": version, "kind": kind, "spec": spec}
        reply = await self._kube.send("POST", path, body=body, always=True)
        return dict(reply.get("status", {}))
