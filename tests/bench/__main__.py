"""All benchmarks: `make bench`."""

from tests.bench import client, operator, tenants

operator.main()
tenants.main()
client.main()
