"""A fetch session: what the broker remembers is what we want read, whatever happens between."""

import random

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.fetch import FetchRequest, FetchResponse_v4, FetchResponse_v11

from streams.kafka.fetch_session import LAST_EPOCH, FetchSession, SessionClient

PLACES = [(topic, number) for topic in ("a", "b", "c") for number in range(4)]
UNKNOWN, WRONG_EPOCH = 70, 71


class Remembering:
    """A broker, as far as sessions go; `speaks` is the newest fetch request it knows."""

    cluster = None

    def __init__(self, speaks: int = 11) -> None:
        self.speaks = speaks
        self.session, self.epoch, self.made = 0, 0, 0
        self.remembered: dict[tuple[str, int], int] = {}
        self.named: list[int] = []
        self.loses: str | None = None
        self.keeps = True

    async def send(self, node_id, asked):
        request = asked.prepare({1: (4, self.speaks)})
        if self.loses == "request":
            raise KafkaConnectionError
        self.named.append(sum(len(partitions) for _, partitions in request.topics))
        answer = self.answer(request)
        if self.loses == "answer":
            raise KafkaConnectionError
        return answer

    def answer(self, request):
        places = {(t, one[0]): one[-3] for t, partitions in request.topics for one in partitions}
        if request.API_VERSION < 7:
            self.remembered = {(t, p): o for t, ps in request.topics for p, o, _ in ps}
            return FetchResponse_v4(0, [])
        if request.session_epoch == 0:
            self.made += 1
            self.session, self.epoch = (self.made, 1) if self.keeps else (0, 0)
            self.remembered = places
        elif request.session_id != self.session:
            return FetchResponse_v11(0, UNKNOWN, 0, [])
        elif request.session_epoch != self.epoch:
            return FetchResponse_v11(0, WRONG_EPOCH, 0, [])
        else:
            self.epoch += 1
            self.remembered.update(places)
            for topic, partitions in request.forgotten_topics_data:
                for partition in partitions:
                    del self.remembered[topic, partition]
        return FetchResponse_v11(0, 0, self.session, [])


def request_for(wanted):
    topics = {}
    for (topic, partition), offset in wanted.items():
        topics.setdefault(topic, []).append((partition, offset, 1_000))
    return FetchRequest(500, 1, 1_000_000, 1, list(topics.items()))


async def fetched(client, wanted):
    response = await client.send(1, request_for(wanted))
    return not getattr(response, "error_code", 0)


@pytest.mark.parametrize("seed", range(40))
async def test_the_broker_remembers_what_is_wanted(seed):
    chance = random.Random(seed)
    broker = Remembering()
    client = SessionClient(broker)
    wanted = dict.fromkeys(PLACES, 0)
    for _ in range(200):
        for place in chance.sample(PLACES, chance.randrange(4)):
            if chance.random() < 0.5:
                wanted.pop(place, None)
            else:
                wanted[place] = chance.randrange(100)
        fate = chance.random()
        broker.loses = {0: "request", 1: "answer"}.get(int(fate * 20))
        if fate > 0.95:
            broker.session += 1
        elif fate > 0.9:
            client.renew()
        try:
            well = await fetched(client, wanted)
        except KafkaConnectionError:
            continue
        if well:
            assert broker.remembered == wanted
        else:
            assert await fetched(client, wanted)
            assert broker.remembered == wanted


async def test_a_request_names_who_is_new_or_moved():
    broker = Remembering()
    client = SessionClient(broker)
    wanted = dict.fromkeys(PLACES, 0)
    for moved in [None, *PLACES[:3]]:
        if moved is not None:
            wanted[moved] += 1
        await fetched(client, wanted)
    del wanted[PLACES[0]]
    await fetched(client, wanted)
    assert broker.named == [12, 1, 1, 1, 0]


@pytest.mark.parametrize("broker", [Remembering(speaks=4), Remembering()])
async def test_a_broker_without_sessions_is_asked_for_everything(broker):
    broker.keeps = False
    client = SessionClient(broker)
    for _ in range(3):
        assert await fetched(client, dict.fromkeys(PLACES, 0))
    assert broker.named == [12, 12, 12]


def test_epochs_begin_again_after_the_last():
    session = FetchSession(number=5, epoch=LAST_EPOCH)
    session.answered(session.ask({}), 5)
    assert session.epoch == 1


def test_an_answer_to_what_was_asked_before_a_renewal_changes_nothing():
    session = FetchSession(number=5, epoch=3)
    ask = session.ask({("a", 0): 1})
    session.renew()
    session.answered(ask, 5)
    assert session.ask({("a", 0): 1}).named == {("a", 0): 1}
