"""What the months would show: each of these defects, planted, leaves something else."""

from collections.abc import Callable

import pytest

from streams.core import consent, memberships, profiles, refunds
from tests.replay.month import events, plan, shuffled
from tests.replay.playing import Played, play

Looks = Callable[[Played], object]


def _older_values_win(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(profiles._Guard, "_older", lambda guard, name, *, adds_up: True)


def _a_replayed_consent_resubscribes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(consent, "_newer", lambda said, known: True)


def _a_status_resubscribes(patch: pytest.MonkeyPatch) -> None:
    last = property(lambda channel: channel.stated or channel.granted or channel.left)
    patch.setattr(consent.Channel, "will", last)


def _the_last_join_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memberships, "_older", lambda time, than: False)


def _a_late_event_says_nothing(patch: pytest.MonkeyPatch) -> None:
    def earlier(body, before, before_time, older, time, *, first):  # type: ignore[no-untyped-def]
        return dict(before), dict(older)

    patch.setattr("streams.core.orders.earlier", earlier)


def _refunds_take_turns(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(refunds, "total", lambda known: known[-1].amount if known else 0)


def _contacts(played: Played) -> object:
    return played.contacts()


def _lists(played: Played) -> object:
    return played.lists()


def _orders(played: Played) -> object:
    return played.orders()


DEFECTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Looks]] = {
    "older values win": (_older_values_win, _contacts),
    "a consent that is not newer resubscribes": (_a_replayed_consent_resubscribes, _contacts),
    "a status resubscribes who left": (_a_status_resubscribes, _contacts),
    "the last join that comes counts": (_the_last_join_counts, _lists),
    "a late event of an order says nothing": (_a_late_event_says_nothing, _orders),
    "the last refund alone counts": (_refunds_take_turns, _orders),
}


@pytest.mark.parametrize(("plant", "looks"), DEFECTS.values(), ids=DEFECTS)
def test_a_planted_defect_leaves_something_else(
    plant: Callable[[pytest.MonkeyPatch], None], looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = events(1, 60)
    before, mixed = play(month, plan()), play(shuffled(month, 2), plan())
    assert looks(mixed) == looks(before)
    plant(monkeypatch)
    assert looks(play(shuffled(month, 2), plan())) != looks(before)
