"""The verifier on histories made by hand: a whole one, and each way in which it can be broken."""

import json

import pytest

from tests.verifier.__main__ import text, told
from tests.verifier.facts import (
    RANKS,
    Expected,
    Letter,
    Place,
    Published,
    Receipt,
    journal,
    marks,
    published,
)
from tests.verifier.judging import judge

BUS = "bus"
ACTIVITY, CART, ORDER = "createContactactivities", "addProductsToCart", "upsertOrder"
CONTACT, LIST = "upsertContact", "addContactsToList"
IDENTIFIERS = {"segment_id": "u-1"}
BLOCK = {"identifiers": IDENTIFIERS, "identifiersPriority": ["segment_id"]}


def place(offset):
    return Place(BUS, 0, offset)


def event(offset, *expect, contact="u-1", **other):
    wanted = tuple(one if isinstance(one, Expected) else Expected(*one) for one in expect)
    return Published(place(offset), contact, f"m-{offset}", expect=wanted, **other)


def activities(*numbers, contact="u-1"):
    block = {"identifiers": {"segment_id": contact}}
    activities = [{"name": "a", "properties": {"n": number}} for number in numbers]
    return (ACTIVITY, {"contact": block, "contactActivities": activities})


def cart(*products):
    return (CART, {"contact": BLOCK, "items": [{"productID": product} for product in products]})


def order(status="Order Completed", order_id="o-1"):
    return (ORDER, {"contact": BLOCK, "orderID": order_id, "status": status})


class History:
    """A run: two events of one contact, an order and its duplicate, one dead event."""

    def __init__(self):
        self.manifest = [
            event(0, (CART, "p-1"), (ACTIVITY, "1")),
            event(1, (ORDER, "o-1/Order Completed"), (ACTIVITY, "2")),
            event(2, (ORDER, "o-1/Order Completed"), (ACTIVITY, "2"), copy=True),
            event(3, contact=None, event="dead_lettered"),
            event(4, Expected(ORDER, "o-9/Order Refunded", "dead_lettered"), (ACTIVITY, "3")),
        ]
        self.requests = [cart("p-1"), activities(1), order(), activities(2, 3)]
        self.receipts = [
            Receipt(place(0), CART, "delivered"),
            Receipt(place(0), ACTIVITY, "delivered"),
            Receipt(place(1), ORDER, "delivered"),
            Receipt(place(1), ACTIVITY, "delivered"),
            Receipt(place(2), ORDER, "suppressed", "duplicate"),
            Receipt(place(2), ACTIVITY, "suppressed", "duplicate"),
            Receipt(place(3), None, "dead_lettered", "undecodable"),
            Receipt(place(4), ORDER, "dead_lettered", "missing"),
            Receipt(place(4), ACTIVITY, "delivered"),
        ]
        self.letters = [Letter(place(3), None, "undecodable"), Letter(place(4), ORDER, "missing")]
        self.ignored = set()
        self.mode = "resend"
        self.plan_changed = None
        self.order = "contact"

    def judged(self):
        lines = [
            json.dumps(
                {
                    "n": number,
                    "time": float(number),
                    "path": f"/api/{action}",
                    "action": action,
                    "body": body,
                    "accepted": True,
                    "result": "ignored: unknown" if number in self.ignored else "ok",
                }
            )
            + "\n"
            for number, (action, body) in enumerate(self.requests, 1)
        ]
        seen = journal(lines, "segment_id")
        given = (self.manifest, seen, self.receipts, self.letters)
        return judge(*given, self.mode, self.plan_changed, self.order)


@pytest.fixture
def history():
    return History()


def found(report):
    return {name for name, cases in report.violations.items() if cases}


def test_a_whole_history_is_all(history):
    report = history.judged()
    assert (report.verdict, found(report), report.kept) == ("ALL", set(), True)
    row = report.rows[ORDER]
    assert (row.expected, row.accepted, row.delivered) == (1, 1, 1)
    assert (row.suppressed, row.dead_lettered) == (1, 1)


def test_a_lost_command_is_less(history):
    history.requests[2:3] = []
    history.receipts[2:3] = []
    report = history.judged()
    assert report.verdict == "LESS"
    assert report.lost == ["upsertOrder o-1/Order Completed of u-1 (bus-0@1): never accepted"]


def test_a_receipt_does_not_stand_in_for_an_acceptance(history):
    history.requests[2:3] = []
    assert history.judged().verdict == "LESS"


def test_what_nobody_asked_for_is_more(history):
    history.requests.append(activities(99))
    report = history.judged()
    assert report.verdict == "MORE"
    assert report.more == [f"{ACTIVITY} 99 of u-1: nobody asked for it (request 5)"]


def test_the_right_thing_for_the_wrong_contact_is_less_and_more(history):
    history.requests[1] = activities(1, contact="u-2")
    report = history.judged()
    assert report.verdict == "LESS"
    assert {"lost", "more"} <= found(report)


def test_what_should_have_died_and_was_sent_is_more(history):
    history.requests.append(order("Order Refunded", "o-9"))
    assert history.judged().verdict == "MORE"


def test_a_command_before_its_predecessor_is_reordered(history):
    history.requests = [activities(1), cart("p-1"), order(), activities(2, 3)]
    report = history.judged()
    assert (report.verdict, found(report)) == ("ALL", {"reordered"})
    assert "after createContactactivities 1" in report.reordered[0]


def test_with_an_order_per_action_another_action_may_overtake_and_the_same_may_not(history):
    history.order = "action"
    history.requests = [activities(1), order(), activities(2, 3), cart("p-1")]
    assert history.judged().kept
    history.requests = [cart("p-1"), activities(2, 3), order(), activities(1)]
    assert found(history.judged()) == {"reordered", "older last"}


def test_an_action_and_what_undoes_it_have_one_order(history):
    history.order = "action"
    history.manifest.append(event(5, ("removeProductsFromCart", "p-1")))
    history.receipts.append(Receipt(place(5), "removeProductsFromCart", "delivered"))
    removed = ("removeProductsFromCart", cart("p-1")[1])
    history.requests.append(removed)
    assert history.judged().kept
    history.requests = [removed, *history.requests[:-1]]
    assert found(history.judged()) == {"reordered", "older last"}


def test_order_counts_inside_a_request_too(history):
    history.requests[3] = activities(3, 2)
    assert found(history.judged()) == {"reordered", "older last"}


def test_other_contacts_may_overtake(history):
    history.manifest.append(event(5, (ACTIVITY, "1"), contact="u-2"))
    history.requests.insert(0, activities(1, contact="u-2"))
    history.receipts.append(Receipt(place(5), ACTIVITY, "delivered"))
    assert history.judged().kept


def test_a_suffix_sent_again_after_a_crash_is_kept(history):
    history.requests += [activities(2), activities(3)]
    report = history.judged()
    assert report.kept
    assert report.rows[ACTIVITY].repeated == 2


def test_an_older_state_accepted_last_is_told(history):
    history.requests.append(activities(2))
    assert found(history.judged()) == {"older last"}


def test_an_order_accepted_twice_and_unnamed_is_more(history):
    history.requests.insert(3, order())
    report = history.judged()
    assert (report.verdict, found(report)) == ("MORE", {"orders doubled"})
    assert "accepted 2 times, not named in doubt" in report.doubled[0]


def test_an_order_accepted_twice_and_named_in_doubt_is_kept(history):
    history.requests.insert(3, order())
    history.receipts[2] = Receipt(place(1), ORDER, "delivered", in_doubt=True)
    report = history.judged()
    assert report.kept
    assert len(report.in_doubt) == 1


def test_with_at_most_once_no_order_is_accepted_twice(history):
    history.mode = "at_most_once"
    history.requests.insert(3, order())
    history.receipts[2] = Receipt(place(1), ORDER, "delivered", in_doubt=True)
    assert history.judged().verdict == "MORE"


@pytest.mark.parametrize("accepted", [True, False])
def test_with_at_most_once_an_order_in_doubt_dies_with_those_that_need_it(history, accepted):
    history.mode = "at_most_once"
    history.manifest.append(event(5, (ORDER, "o-1/Order Refunded")))
    if not accepted:
        history.requests.pop(2)
    history.receipts[2] = Receipt(place(1), ORDER, "dead_lettered", "in_doubt", in_doubt=True)
    history.receipts.append(Receipt(place(5), ORDER, "dead_lettered", "missing"))
    history.letters += [Letter(place(1), ORDER, "in_doubt"), Letter(place(5), ORDER, "missing")]
    report = history.judged()
    assert report.kept, report.violations


def test_an_order_in_doubt_may_not_die_where_it_is_to_be_sent_again(history):
    history.receipts[2] = Receipt(place(1), ORDER, "dead_lettered", "in_doubt", in_doubt=True)
    history.letters.append(Letter(place(1), ORDER, "in_doubt"))
    assert {"receipts", "dead letters"} <= found(history.judged())


def test_a_missing_dead_letter_is_less(history):
    for number in (0, 1):
        other = History()
        other.letters.pop(number)
        assert other.judged().verdict == "LESS"


def test_a_dead_letter_of_what_lives_is_told(history):
    history.letters.append(Letter(place(0), CART, "bug"))
    assert found(history.judged()) == {"dead letters"}


@pytest.mark.parametrize("number", range(9))
def test_every_missing_receipt_is_told(history, number):
    history.receipts.pop(number)
    assert "receipts" in found(history.judged())


def test_a_receipt_written_again_after_a_crash_is_kept(history):
    history.receipts += history.receipts
    assert history.judged().kept


def test_a_receipt_of_nothing_is_told(history):
    history.receipts.append(Receipt(place(77), ACTIVITY, "delivered"))
    assert found(history.judged()) == {"receipts"}


def test_a_copy_that_was_delivered_is_told(history):
    history.receipts[4] = Receipt(place(2), ORDER, "delivered")
    assert found(history.judged()) == {"receipts"}


def test_what_cordial_ignored_is_told(history):
    history.ignored = {2}
    report = history.judged()
    assert found(report) == {"ignored"}
    assert "request 2" in report.ignored[0]


@pytest.mark.parametrize("wanted", [True, False])
def test_what_only_one_plan_wants_may_be_there_or_not(history, wanted):
    history.manifest.append(event(5, Expected(LIST, "vip", optional=True)))
    if wanted:
        contacts = {"contacts": {"identifiers": [IDENTIFIERS]}, "listName": "vip"}
        history.requests.append((LIST, contacts))
        history.receipts.append(Receipt(place(5), LIST, "delivered"))
    else:
        history.receipts.append(Receipt(place(5), None, "filtered", "no_action"))
    assert history.judged().kept


@pytest.mark.parametrize(("changed", "kept"), [(None, False), (1.0, False), (4.5, True)])
def test_what_the_new_plan_wants_may_come_after_what_the_old_one_sent(history, changed, kept):
    history.manifest[0] = event(0, (CART, "p-1"), Expected(LIST, "vip", optional=True))
    history.requests[1] = activities(2)
    history.requests[3] = activities(3)
    history.requests.append((LIST, {"contacts": {"identifiers": [IDENTIFIERS]}, "listName": "vip"}))
    history.receipts[1] = Receipt(place(0), LIST, "delivered")
    history.requests[1:3] = history.requests[2:0:-1]
    history.plan_changed = changed
    report = history.judged()
    assert found(report) == (set() if kept else {"reordered", "older last"})
    assert len(report.late) == kept


def test_an_optional_command_that_a_receipt_claims_must_have_been_accepted(history):
    history.manifest.append(event(5, Expected(LIST, "vip", optional=True)))
    history.receipts.append(Receipt(place(5), LIST, "delivered"))
    assert history.judged().verdict == "LESS"


def test_profile_updates_that_were_joined_are_all_found():
    body = {**BLOCK, "attributes": {"plan": "vip", "mark_1": 17, "mark_0": 16, "email": "a@b.c"}}
    assert marks(CONTACT, body, "segment_id") == [("u-1", "16"), ("u-1", "17")]


def test_contacts_of_one_list_request_are_all_found():
    body = {
        "contacts": {"identifiers": [{"segment_id": "u-1"}, {"segment_id": "u-2"}]},
        "listName": "vip",
    }
    assert marks(LIST, body, "segment_id") == [("u-1", "vip"), ("u-2", "vip")]


@pytest.mark.parametrize("action", RANKS)
def test_a_body_without_its_mark_is_told_as_unknown(action):
    assert marks(action, {}, "segment_id") == [(None, "?")]


def test_a_journal_line_that_was_not_finished_is_left_out():
    whole = {"n": 1, "action": None, "path": "/", "body": None, "accepted": False, "result": "ok"}
    seen = journal([json.dumps(whole) + "\n", '{"n": 2, "act'], "segment_id")
    assert seen.requests == 1


def test_the_manifest_is_read_as_it_is_documented():
    line = {
        "topic": BUS,
        "partition": 0,
        "offset": 0,
        "contact": "u-1",
        "messageId": "m-0",
        "copy": False,
        "event": None,
        "expect": [{"action": CART, "mark": "p-1", "outcome": "delivered", "optional": False}],
    }
    assert list(published([json.dumps(line)])) == [event(0, (CART, "p-1"))]


def test_the_last_word_is_the_verdict(history):
    report = history.judged()
    assert text(report).splitlines()[-1] == "ALL"
    assert told(report)["kept"] is True
