"""All benchmarks: `make bench`."""

from tests.bench import operator

operator.main()
