"""upsertOrder: an order and its states. A thin event is completed from the stored order."""

from streams.actions.declaration import Action
from streams.actions.items import LINE, OPTIONAL

REFUND = 'event = "Order Refunded"'
WHOLE = 'event != "Order Refunded"'

UPSERT_ORDER = Action(
    name="upsertOrder",
    title="Upsert Order",
    rank="order",
    identity="contact",
    trigger=(
        'type = "track" and (event = "Order Completed" or event = "Order Updated"'
        ' or event = "Order Refunded" or event = "Order Cancelled")'
    ),
    mapping={
        "orderID": {"fn": "text", "of": "properties.order_id"},
        "purchaseDate": {"fn": "iso_date", "of": "timestamp"},
        "status": "event",
        "totalAmount": {"when": WHOLE, "use": {"fn": "number", "of": "properties.total"}},
        "tax": {"when": WHOLE, "use": {"fn": "number", "of": "properties.tax"}},
        "items": {"when": WHOLE, "use": {"each": "properties.products", "as": LINE}},
        "properties": {
            "fn": "properties",
            "of": {
                "affiliation": "properties.affiliation",
                "revenue": {"fn": "amount", "of": "properties.revenue"},
                "shipping": {"fn": "amount", "of": "properties.shipping"},
                "tax": {"fn": "amount", "of": "properties.tax"},
                "discount": {"fn": "amount", "of": "properties.discount"},
                "coupon": "properties.coupon",
                "currency": "properties.currency",
                "n": "properties.n",
                "refundedAmount": {
                    "when": REFUND,
                    "use": {"fn": "number", "of": "properties.total"},
                },
                "refundedItems": {
                    "when": REFUND,
                    "use": {"each": "properties.products", "as": LINE},
                },
            },
        },
        "removeItemsFromCart": "completes_order",
    },
    required=(
        ("contact.identifiers", "object"),
        ("orderID", "text"),
        ("purchaseDate", "text"),
        ("status", "text"),
        ("items", "list"),
    ),
    item_list="items",
    item_required=(("productID", "text"), ("sku", "text"), ("name", "text")),
    optional=(
        ("totalAmount", "amount"),
        ("tax", "amount"),
        ("properties", "object"),
        ("removeItemsFromCart", "flag"),
        ("shouldRemoveItemsFromCart", "flag"),
    ),
    item_optional=OPTIONAL,
    thin=frozenset({"items"}),
    sources={
        "orderID": "properties.order_id",
        "items": "properties.products",
        "productID": "properties.products[].product_id",
        "sku": "properties.products[].sku",
        "name": "properties.products[].name",
        "qty": "properties.products[].quantity",
        "itemPrice": "properties.products[].price",
        "totalAmount": "properties.total",
        "properties.refundedAmount": "properties.total",
        "status": "event",
    },
)
