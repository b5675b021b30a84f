"""Secret values in the errors of Senlin, which may quote what the request had."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from openstack_clustering import ClientException


@contextmanager
def without(values: Iterable[str]) -> Iterator[None]:
    """Remove secret values from the message of an error."""
    try:
        yield
    except ClientException as error:
        message = error.message
        for value in sorted(filter(None, values), key=len, reverse=True):
            message = message.replace(value, "…")
        error.args = (message,)
        raise
