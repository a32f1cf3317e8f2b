import uvloop

from bench.pipeline import play, records


def test_the_worker_without_kafka_delivers_all_of_a_backlog() -> None:
    told = uvloop.run(play(records(200, seed=1), None))
    assert told["us_per_event"] > 0
    assert 3.5 < told["records_per_event"] < 5
    assert 0.5 < told["requests_per_event"] < 1.2
