"""All benchmarks: `make bench`."""

from tests.bench import client, operator

operator.main()
client.main()
