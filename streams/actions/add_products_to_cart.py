"""addProductsToCart: a product into the contact's cart."""

from streams.actions.declaration import Action
from streams.actions.items import OPTIONAL, PRODUCT, SOURCES, of_properties
from streams.core.joining import Join

ADD_PRODUCTS_TO_CART = Action(
    name="addProductsToCart",
    title="Add Product to Cart",
    rank="cart",
    identity="contact",
    trigger='type = "track" and event = "Product Added"',
    mapping={"items": {"fn": "one", "of": of_properties(PRODUCT)}},
    required=(("contact.identifiers", "object"), ("items", "list")),
    item_list="items",
    item_required=(
        ("productID", "text"),
        ("sku", "text"),
        ("name", "text"),
        ("category", "text"),
        ("qty", "quantity"),
    ),
    item_optional=OPTIONAL,
    sources={"items": "properties", **SOURCES},
    join=Join(("items",)),
)
