"""What the operator's process loads: each package takes memory as long as it runs."""

import subprocess
import sys

SCRIPT = """
import sys
import senlin_operator.app
print(*sys.modules)
import kubernetes.aio.client
"""


def test_the_official_client_waits_for_a_login_that_needs_it() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)

    loaded = set(run.stdout.split())
    assert "kopf" in loaded
    assert not {"kubernetes", "oauthlib", "openstack", "opentelemetry"} & loaded
