"""An order ends the same in whatever order its events come, and says so to Cordial."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.command import Position
from streams.core.order_state import OrderState
from streams.core.orders import SendOrder, decide_order
from streams.core.outcome import Dead, Suppressed
from tests.unit.core.made import TEN_O_CLOCK, command

ITEM = {"productID": "p-100", "sku": "TSH-RED-M", "name": "Linen shirt", "qty": 2}
ORDER = {"orderID": "o-500", "status": "Order Completed", "items": [ITEM], "totalAmount": 100}
THIN = {"orderID": "o-500", "status": "Order Refunded", "properties": {"refundedAmount": 12}}
MINUTE = 60_000


def event(body, at, message=None):
    made = {**body, "purchaseDate": f"2026-11-20T10:{at:02}:00.000+00:00"}
    return command(
        "upsertOrder",
        made,
        message_id=message or f"m-{at}",
        event_time=TEN_O_CLOCK + at * MINUTE,
        position=None,
    )


def played(events):
    """Decisions, and the row that is left; each request is accepted before the next event."""
    row, decisions = None, []
    for place, one in enumerate(events):
        position = Position(1, "customer.events", 0, place)
        decision = decide_order(one, row, position=position, in_doubt="resend")
        decisions.append(decision)
        sent = isinstance(decision, SendOrder)
        row = decision.intent.done() if sent else decision.row or row
    return decisions, row


def test_a_refund_before_its_order_dies_and_counts_when_the_order_comes():
    (dead, sent), _ = played([event(THIN, 30), event(ORDER, 0)])
    assert (dead.reason, dead.field) == (Dead.MISSING, "items")
    assert sent.body == {
        **ORDER,
        "status": "Order Refunded",
        "purchaseDate": "2026-11-20T10:00:00.000+00:00",
        "properties": {"refundedAmount": 12},
    }


def test_its_replay_tells_nothing_more():
    (*_, replay), _ = played([event(THIN, 30), event(ORDER, 0), event(THIN, 30)])
    assert replay.reason is Suppressed.DUPLICATE


def test_an_order_that_is_known_is_not_forgotten_for_one_that_says_too_little():
    wrong = {**ORDER, "items": [{"productID": "p-1"}]}
    (_, dead), row = played([event(ORDER, 0), event(wrong, 1)])
    assert dead.row is None
    assert row.status == "done"


def test_a_command_without_an_order_id_leaves_no_row():
    made = command("upsertOrder", {"status": "Order Refunded"}, position=None)
    decision = decide_order(made, None, position=None, in_doubt="resend")
    assert (decision.field, decision.row) == ("orderID", None)


def test_what_only_an_older_event_says_is_added_to_the_last_state():
    newer = {**ORDER, "status": "Order Updated", "totalAmount": 80}
    older = {**ORDER, "tax": 9, "properties": {"coupon": "FALL"}}
    (_, sent), row = played([event(newer, 30), event(older, 0)])
    assert sent.body == {
        **newer,
        "tax": 9,
        "properties": {"coupon": "FALL"},
        "purchaseDate": "2026-11-20T10:00:00.000+00:00",
    }
    assert [one.field for one in sent.notes] == ["status"]
    assert (row.event_time, row.first) == (TEN_O_CLOCK + 30 * MINUTE, TEN_O_CLOCK)
    assert row.older == {"tax": TEN_O_CLOCK, "properties.coupon": TEN_O_CLOCK}


def test_an_older_event_that_says_nothing_more_is_stale():
    newer = {**ORDER, "status": "Order Updated"}
    between = {**ORDER, "status": "Order Shipped", "totalAmount": 90}
    decisions, _ = played([event(ORDER, 0), event(newer, 30), event(between, 10)])
    assert decisions[-1].reason is Suppressed.STALE


def test_a_row_from_before_times_were_kept_keeps_its_purchase_date():
    _, row = played([event(ORDER, 30)])
    older = event(ORDER, 0)
    before = replace(row, first=0)
    position = Position(1, "customer.events", 0, 9)
    decision = decide_order(older, before, position=position, in_doubt="resend")
    assert (decision.reason, decision.row) == (Suppressed.DUPLICATE, None)


AMOUNTS = st.sampled_from([5, 7.5, 12])
EVENTS = st.one_of(
    st.fixed_dictionaries(
        {"status": st.sampled_from(["Order Completed", "Order Updated"]), "items": st.just([ITEM])},
        optional={
            "totalAmount": AMOUNTS,
            "tax": AMOUNTS,
            "properties": st.dictionaries(st.sampled_from(["coupon", "shipping"]), AMOUNTS),
        },
    ),
    st.fixed_dictionaries(
        {"status": st.just("Order Cancelled")}, optional={"properties": st.just({"why": "size"})}
    ),
    st.builds(
        lambda amount, lines: {
            "status": "Order Refunded",
            "properties": {"refundedAmount": amount, "refundedItems": lines},
        },
        AMOUNTS,
        st.lists(st.sampled_from(["a", "b"]), max_size=2),
    ),
)


def left(events) -> OrderState:
    _, row = played(events)
    return row and replace(row, contact="", message_id="", position=None, action="", refunds=())


@settings(max_examples=300)
@given(st.lists(EVENTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_of_the_events_leaves_the_same(bodies, chance):
    history = [event({"orderID": "o-500"} | one, at) for at, one in enumerate(bodies)]
    mixed = history.copy()
    chance.shuffle(mixed)
    ordered, other = left(history), left(mixed)
    cart = {"removeItemsFromCart": None}
    assert (ordered.body | cart, ordered.older, ordered.first) == (
        other.body | cart,
        other.older,
        other.first,
    )
    assert (ordered.status, ordered.event_time) == (other.status, other.event_time)
