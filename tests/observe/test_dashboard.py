"""Each query of the dashboard, against a Prometheus that scraped an operator at work."""

import math

from sandbox.prometheus import Prometheus
from tests.observe.published import Query, queries
from tests.operator.tenant import ticks


def test_every_query_returns_data_under_load(prometheus: Prometheus) -> None:
    empty = queries()
    for _ in ticks(15):
        empty = [query for query in empty if not has_data(prometheus, query)]
        if not empty:
            break

    assert not [str(query) for query in empty]


def has_data(prometheus: Prometheus, query: Query) -> bool:
    found = prometheus.query(query.expression)
    return any(not math.isnan(float(sample["value"][1])) for sample in found)
