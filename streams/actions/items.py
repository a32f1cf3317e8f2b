"""Lines of carts and orders: one mapping; those of orders say more. `product` is Segment's."""

from typing import Any

from streams.actions.declaration import Check

PRODUCT: dict[str, Any] = {
    "productID": {"fn": "text", "of": "product_id"},
    "sku": {"fn": "text", "of": "sku"},
    "name": {"fn": "text", "of": "name"},
    "category": {"fn": "text", "of": "category"},
    "manufacturerName": {"fn": "text", "of": "brand"},
    "description": {"fn": "text", "of": "description"},
    "itemPrice": {"fn": "number", "of": "price"},
    "qty": {"fn": "quantity", "of": "quantity"},
    "url": {"fn": "text", "of": "url"},
    "images": {"fn": "one", "of": {"fn": "text", "of": "image_url"}},
    "properties": {
        "fn": "properties",
        "of": {"variant": "variant", "coupon": "coupon", "brand": "brand", "n": "n"},
    },
}

LINE: dict[str, Any] = {
    **PRODUCT,
    "properties": {
        "fn": "properties",
        "of": {
            **PRODUCT["properties"]["of"],
            "discount": {"fn": "amount", "of": "discount"},
            "fulfillment_status": ["fulfillment_status", "fulfilment_status"],
        },
    },
}
"""A line of an order: a product, what was taken off its price, and how far its delivery is."""

OPTIONAL: tuple[Check, ...] = (
    ("category", "text"),
    ("manufacturerName", "text"),
    ("description", "text"),
    ("itemPrice", "amount"),
    ("qty", "quantity"),
    ("sku", "text"),
    ("name", "text"),
    ("url", "text"),
    ("images", "list"),
    ("properties", "object"),
)
"""Types of what need not be there."""

SOURCES = {
    "productID": "properties.product_id",
    "sku": "properties.sku",
    "name": "properties.name",
    "category": "properties.category",
    "qty": "properties.quantity",
}


def of_properties(spec: Any) -> Any:
    """The same mapping where the product's fields stand in the event's properties."""
    if isinstance(spec, str):
        return f"properties.{spec}"
    return {
        key: value if key == "fn" else of_properties(value) if key != "const" else value
        for key, value in spec.items()
    }
