"""An operator whose event loop hangs from SIGUSR1 on, while its threads go on.

It is the real program. The handler of a signal runs in the thread of the loop.
"""

import signal
import time
from types import FrameType

from senlin_operator.__main__ import main

FOREVER = 600.0  # seconds


def hang(_: int, __: FrameType | None) -> None:
    time.sleep(FOREVER)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, hang)
    main()
