"""All benchmarks of a small project: `make bench`."""

from tests.bench import burst, client, credentials, failover, operator, tenants

operator.main()
burst.main()
failover.main()
credentials.main()
tenants.main()
client.main()
