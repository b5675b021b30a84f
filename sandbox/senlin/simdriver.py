# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,no-untyped-call,misc"
# This runs in Senlin's own virtual environment; Senlin has no type annotations.
"""What the simulated services share: the cloud, and how Senlin's drivers show and fail."""

import copy
import functools
import os
from pathlib import Path

from senlin.common import exception
from senlin.drivers import sdk
from simcloud import Cloud
from simtexts import CloudError

cloud = Cloud(Path(os.environ["SIMULATED_CLOUD_FILE"]))


def as_senlin_expects(method):
    """Translate the cloud's errors into the exception that Senlin's drivers raise."""

    @functools.wraps(method)
    def translated(*args, **kwargs):
        try:
            return method(*args, **kwargs)
        except CloudError as error:
            raise exception.InternalError(code=error.code, message=error.message) from error

    return translated


def resource(record):
    return sdk.FakeResourceObject(copy.deepcopy(record))
