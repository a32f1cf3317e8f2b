import uuid

import pytest

from streams.settings import KafkaSettings, Settings
from tests.broker.kafka import RealKafka
from tests.broker.parts import MissingPartError, jars, java, required


@pytest.fixture(scope="session")
def parts():
    """Skips what needs a real broker where Java or Kafka is missing; required, it fails."""
    try:
        java(), jars()
    except MissingPartError as missing:
        if required():
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kafka(parts, tmp_path_factory):
    """A broker for the session; a test that kills or stops it starts it again."""
    with RealKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def name():
    """A word for this test's own topics, groups and transactions."""
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def shop(kafka, name, tmp_path, monkeypatch):
    """An installation with topics of its own and a source that is copied; its settings and plan."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"sources:\n  - topic: {name}-bus\n    keyed_by_user: false\n")
    monkeypatch.setenv("CORDIAL_STREAMS_PREFIX", name)
    monkeypatch.setenv("CORDIAL_STREAMS_APP_ID", f"{name}-app")
    monkeypatch.setenv("CORDIAL_STREAMS_KAFKA__BOOTSTRAP", kafka.bootstrap)
    settings = Settings(
        prefix=name, app_id=f"{name}-app", kafka=KafkaSettings(bootstrap=kafka.bootstrap)
    )
    return settings, plan
