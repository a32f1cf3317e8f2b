"""A steady load: an event of each partition in turn, by contacts that name their partition."""

import threading
import time

from confluent_kafka import Producer

from tests.worker.harness import event

CONTACTS = 20


class Load(threading.Thread):
    """`rate` events a second, until `stop`."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, rate: float) -> None:
        super().__init__(name="load", daemon=True)
        self.published = 0
        self._topic = topic
        self._partitions = partitions
        self._rate = rate
        self._enough = threading.Event()
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 2, "log_level": 0})

    def run(self) -> None:
        """Publish."""
        began = time.monotonic()
        while not self._enough.wait(
            max(0.0, began + self.published / self._rate - time.monotonic())
        ):
            number = self.published
            partition = number % self._partitions
            contact = f"w-{partition}-{number // self._partitions % CONTACTS}"
            value = event(event="Product Viewed", userId=contact, messageId=f"live-{number}")
            self._producer.produce(self._topic, value, contact, partition)
            self._producer.poll(0)
            self.published += 1
        self._producer.flush(60)

    def stop(self) -> None:
        """No more; everything is on the bus then."""
        self._enough.set()
        self.join()
