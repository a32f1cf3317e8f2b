"""removeProductsFromCart: a product out of the contact's cart."""

from streams.actions.declaration import Action
from streams.actions.items import OPTIONAL, PRODUCT, SOURCES, of_properties
from streams.core.joining import Join

REMOVE_PRODUCTS_FROM_CART = Action(
    name="removeProductsFromCart",
    title="Remove Product from Cart",
    rank="cart",
    identity="contact",
    trigger='type = "track" and event = "Product Removed"',
    mapping={"items": {"fn": "one", "of": of_properties(PRODUCT)}},
    required=(("contact.identifiers", "object"), ("items", "list")),
    item_list="items",
    item_required=(("productID", "text"), ("qty", "quantity")),
    item_optional=OPTIONAL,
    sources={"items": "properties", **SOURCES},
    join=Join(("items",)),
)
