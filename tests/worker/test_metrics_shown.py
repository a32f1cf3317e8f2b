"""What a real worker exports is the table of metrics: each name, kind and label, and no other."""

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import METRICS
from tests.deploy.files import expressions
from tests.deploy.promql import OF_OTHERS, metrics, rules
from tests.worker.harness import Staging, event, until

STAGING = Staging()
pytestmark = pytest.mark.asyncio(loop_scope="module")
SUFFIXES = ("_bucket", "_sum", "_count", "_created")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def families(stage):
    await until(stage.worker.ready)
    await stage.publish(event(messageId="m-1", event="Product Viewed"))
    await stage.publish(b"no Avro")
    await stage.outcomes("m-1")
    await until(lambda: stage.worker.count("events_total", "dead_lettered") == 1)
    await until(lambda: stage.worker.count("lag_events") == 0)
    families = text_string_to_metric_families(stage.worker.page("/metrics")[1])
    return {
        one.name + ("_total" if one.type == "counter" else ""): one
        for one in families
        if not one.name.endswith("_created")
    }


async def test_the_names_and_kinds_are_those_of_the_table(families):
    assert {name: one.type for name, one in families.items()} == {
        row.full_name: row.kind for row in METRICS
    }


async def test_the_labels_are_those_of_the_table(families):
    for row in METRICS:
        for sample in families[row.full_name].samples:
            if not sample.name.endswith("_created"):
                assert set(sample.labels) - {"le"} == set(row.labels), sample.name


async def test_the_dashboards_and_rules_ask_for_nothing_else(families):
    """But for what Prometheus records itself, and what other programs export."""
    exported = {sample.name for one in families.values() for sample in one.samples}
    unborn = {name for row in METRICS if row.labels for name in row.series}
    asked = {name for _, expr in expressions() for name in metrics(expr)}
    asked |= {name for rule in rules() for name in metrics(rule["expr"])}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert asked - recorded - set(OF_OTHERS) <= exported | unborn


async def test_the_help_is_the_meaning(families):
    for row in METRICS:
        assert families[row.full_name].documentation == row.meaning


async def test_nothing_that_says_who_is_a_label(families):
    for family in families.values():
        for sample in family.samples:
            assert not {"u-1", "m-1"} & set(sample.labels.values()), sample.name


async def test_what_moved_is_shown(families):
    def total(name):
        return sum(
            one.value
            for one in families[f"cordial_streams_{name}"].samples
            if not one.name.endswith("_created")
        )

    assert total("events_total") == 2
    assert total("schema_lookups_total") >= 1
    assert total("holds_begun_total") == 0
    assert total("poll_age_seconds") < 30
    assert total("not_ready") == 0
