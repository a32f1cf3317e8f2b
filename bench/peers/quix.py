"""A peer: Quix Streams with a batching sink, one request per command.

Each batch is told to Cordial by a pool of threads, every contact's part of it in order; the next
batch waits until the whole of it is there.

    python -m bench.peers.quix --bootstrap … --topic … --url … --group …
"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import requests as http
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from bench.peers.options import given
from bench.peers.pace import Pace
from bench.peers.wanted import decoder, requests

THREADS = 100
HEADERS = {"x-api-key": "bench", "content-type": "application/json"}


class Cordial(BatchingSink):
    """Tells Cordial; a batch ends when all of it is accepted."""

    def __init__(self, url: str, rate: float) -> None:
        super().__init__()
        self._url = url
        self._pace = Pace(rate)
        self._pacing = Lock()
        self._pool = ThreadPoolExecutor(THREADS)
        self._decode = decoder()
        self._session = http.Session()
        self._session.trust_env = False
        self._session.headers.update(HEADERS)
        self._session.mount("http://", http.adapters.HTTPAdapter(1, THREADS))

    def write(self, batch: SinkBatch) -> None:
        lanes: dict[bytes, list[bytes]] = {}
        for item in batch:
            lanes.setdefault(item.key, []).append(item.value)
        for done in [self._pool.submit(self._walk, lane) for lane in lanes.values()]:
            done.result()

    def _walk(self, lane: list[bytes]) -> None:
        for value in lane:
            for path, body in requests(self._decode(value)):
                self._send(path, body)

    def _send(self, path: str, body: bytes) -> None:
        while True:
            with self._pacing:
                wait = self._pace.wait(path, time.monotonic())
            time.sleep(wait)
            answer = self._session.post(self._url + path, data=body)
            if answer.status_code == 202:
                return
            time.sleep(float(answer.headers.get("retry-after", 1)))


def main() -> None:
    options = given("quix", __doc__)
    app = Application(
        broker_address=options.bootstrap,
        consumer_group=options.group,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        loglevel="WARNING",
        state_dir=options.data,
        auto_create_topics=False,
    )
    topic = app.topic(options.topic, value_deserializer="bytes", key_deserializer="bytes")
    app.dataframe(topic).sink(Cordial(options.url, options.rate))
    app.run()


if __name__ == "__main__":
    main()
