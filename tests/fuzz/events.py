"""Events of a shop, mostly as they should be, and with anything in place of one of their parts."""

from typing import Any

from hypothesis import strategies as st

from tests.unit.core.test_actions import EVENTS, JSON, ORDER, RAW, WHOLE_PRODUCT, WORDS

Raw = dict[str, Any]
STATES = st.sampled_from(["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"])
TIMES = st.sampled_from(["2026-11-20T10:00:00Z", "2026-11-20T09:00:00Z", "2026-11-21T10:00:00Z"])
LINE = WHOLE_PRODUCT.map(lambda line: {**line, "quantity": 1, "price": 49.9})
WHOLE_ORDER = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["o-1", "o-2"]),
        "total": st.sampled_from([49.9, 99.8, 12]),
        "currency": st.sampled_from(["EUR", "eur", "XXQ"]),
        "products": st.lists(LINE, min_size=1, max_size=2),
    }
)
TRAITS = st.dictionaries(
    st.sampled_from(["plan", "age", "address", "vip", "email", "phone", "subscribed", "a.b"]),
    JSON | WORDS | st.just("Ana@Example.com"),
    max_size=4,
)


def _track(name: st.SearchStrategy[str], properties: st.SearchStrategy[Any]) -> Any:
    return st.fixed_dictionaries(
        {"type": st.just("track"), "event": name, "properties": properties},
        optional={"traits": TRAITS},
    )


USUAL: st.SearchStrategy[Raw] = st.one_of(
    _track(STATES, WHOLE_ORDER),
    _track(STATES, WHOLE_ORDER),
    _track(STATES, ORDER),
    _track(st.sampled_from(["Product Added", "Product Removed"]), LINE),
    _track(EVENTS, WHOLE_PRODUCT),
    st.fixed_dictionaries({"type": st.just("identify"), "traits": TRAITS}),
    st.fixed_dictionaries(
        {"type": st.just("group"), "groupId": st.just("g-77"), "traits": TRAITS | WORDS}
    ),
    st.fixed_dictionaries({"type": st.just("alias"), "previousId": st.just("a-9")}),
    RAW,
)


@st.composite
def _event(draw: st.DrawFn) -> Raw:
    who = draw(st.sampled_from(["u-42", "u-42", "u-43"]))
    event = {"userId": who, "timestamp": draw(TIMES), **draw(USUAL)}
    if draw(st.integers(0, 3)) == 0:
        event |= draw(RAW.map(lambda raw: dict(list(raw.items())[2:4])))
    if draw(st.integers(0, 9)) == 0:
        event[draw(st.sampled_from(sorted(event)))] = draw(JSON)
    return event


EVENT = _event()
