# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call"
# Senlin is installed in an environment of its own, in which this runs; it has no types.
"""What makes all of Senlin in one process over SQLite fast and reliable.

None of it changes what a client sees. Each function replaces one piece of Senlin 16.0.0 or of a
library that it uses, and says why.
"""

import contextlib
import os
import time


def wake_listeners_at_once() -> None:
    """Let an in-memory message wake its listener: oslo.messaging polls for it every 50 ms."""
    import threading

    from oslo_messaging._drivers import base, impl_fake

    arrived = threading.Condition()
    deliver_message = impl_fake.FakeExchange.deliver_message

    def deliver(self, *args, **kwargs):
        deliver_message(self, *args, **kwargs)
        with arrived:
            arrived.notify_all()

    def take(listener):
        for target in listener._targets:
            exchange = listener._exchange_manager.get_exchange(target.exchange)
            context, message, reply_queue, requeue = exchange.poll(target, listener._pool)
            if message is not None:
                return impl_fake.FakeIncomingMessage(context, message, reply_queue, requeue)
        return None

    @base.batch_poll_helper
    def poll(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while not self._stopped.is_set():
            if incoming := take(self):
                return incoming
            left = 1.0 if end is None else end - time.monotonic()
            if left <= 0:
                return None
            with arrived:
                arrived.wait(min(left, 1.0))
        return None

    impl_fake.FakeExchange.deliver_message = deliver
    impl_fake.FakeListener.poll = poll


def pass_replies_through_json() -> None:
    """Turn replies into JSON and back, as a broker does; else times and events look different."""
    from oslo_messaging._drivers import impl_fake
    from oslo_serialization import jsonutils

    def reply(self, reply=None, failure=None):
        if self._reply_q:
            sent = jsonutils.loads(jsonutils.dumps(reply))
            self._reply_q.put((sent, failure[1] if failure else None))

    impl_fake.FakeIncomingMessage.reply = reply


def cache_compiled_sql() -> None:
    """Declare Senlin's column types cacheable: compiling each query anew costs most of the CPU."""
    from senlin.db.sqlalchemy import types

    for column_type in (types.TZAwareDateTime, types.Dict, types.List):
        column_type.cache_ok = True


def pool_sqlite_connections() -> None:
    """Keep connections open: one per session, the default for files, leaks memory and time."""
    import sqlalchemy
    from sqlalchemy import pool

    create_engine = sqlalchemy.create_engine

    def create_pooled(url, **options):
        options |= {"poolclass": pool.QueuePool, "pool_size": 50, "max_overflow": 200}
        options.setdefault("connect_args", {})["check_same_thread"] = False
        return create_engine(url, **options)

    sqlalchemy.create_engine = create_pooled


def write_one_at_a_time() -> None:
    """Put one green lock around write transactions, and do not yield in the middle of one.

    SQLite's own wait for a lock blocks the whole process: a greenlet that is switched out while
    it writes would be waited for until the time-out, and then fail as "database is locked".
    """
    import threading

    from oslo_db.sqlalchemy import engines
    from senlin.db.sqlalchemy import api

    lock = threading.RLock()
    session_for_write = api.session_for_write

    @contextlib.contextmanager
    def locked_session():
        with lock, session_for_write() as session:
            yield session

    engines._thread_yield = lambda *_: None
    api.session_for_write = locked_session


def wake_waiting_parents() -> None:
    """Wake a parent action when a child of it ends: Senlin looks only every 3 seconds."""
    import eventlet
    from eventlet import event
    from senlin.db.sqlalchemy import api
    from senlin.engine.actions import cluster_action
    from senlin.objects import action

    nap = 3  # seconds; what ClusterAction asks for while it waits for its children
    waiting: dict[str, event.Event] = {}

    def sleep(self, period):
        if period != nap:
            eventlet.sleep(period or 0)
            return
        woken = waiting[self.id] = event.Event()
        with eventlet.Timeout(period, exception=False):
            woken.wait()
        waiting.pop(self.id, None)

    def waking(mark):
        def marked(context, action_id, *args, **kwargs):
            parents = api.dependency_get_dependents(context, action_id)
            result = mark(context, action_id, *args, **kwargs)
            for parent in parents:
                if woken := waiting.pop(parent, None):
                    woken.send(None)
            return result

        return staticmethod(marked)

    cluster_action.ClusterAction._sleep = sleep
    for name in ("mark_succeeded", "mark_failed", "mark_cancelled"):
        setattr(action.Action, name, waking(getattr(action.Action, name)))


def trust_constant_schemas() -> None:
    """Do not check Senlin's own JSON schemas again with each request: a fifth of the CPU."""
    import jsonschema

    def validate(instance, schema, *_, **__):
        checker = jsonschema.validators.validator_for(schema)(schema)
        error = jsonschema.exceptions.best_match(checker.iter_errors(instance))
        if error is not None:
            raise error

    jsonschema.validate = validate


def remember_trusts() -> None:
    """Look a user's trust up once a run, not with each request; it never changes here."""
    from senlin.api.middleware import trust

    get_trust = trust.TrustMiddleware._get_trust
    known: dict[tuple[str, str], str] = {}

    def remembered(self, request):
        key = (request.context.user_id, request.context.project_id)
        if key not in known:
            known[key] = get_trust(self, request)
        return known[key]

    trust.TrustMiddleware._get_trust = remembered


def fail_actions_of_the_last_run() -> None:
    """Mark as failed what a previous run left running, and free its locks.

    An engine that was killed is noticed by Senlin itself, after minutes. One that was stopped
    cleanly takes its service record away, and its actions would stay as they are for ever: with
    SENLIN_LEAVES_DEAD_ACTIONS in the environment they do, for those who want to see that.
    """
    if os.environ.get("SENLIN_LEAVES_DEAD_ACTIONS"):
        return
    from senlin.db.sqlalchemy import api, models

    with api.session_for_read() as session:
        engines = {row[0] for row in session.query(models.Action.owner) if row[0]}
        engines |= {row[0] for row in session.query(models.Service.id)}
    for engine in engines:
        api.gc_by_engine(engine)
        api.service_delete(engine)


BEFORE_CONFIGURATION = (
    wake_listeners_at_once,
    pass_replies_through_json,
    cache_compiled_sql,
    pool_sqlite_connections,
    write_one_at_a_time,
)
AFTER_CONFIGURATION = (
    fail_actions_of_the_last_run,
    wake_waiting_parents,
    trust_constant_schemas,
    remember_trusts,
)
