"""upsertProducts: the catalogue. Our own word; Cordial has it as `POST /v2/products`."""

from streams.actions.declaration import Action

UPSERT_PRODUCTS = Action(
    name="upsertProducts",
    title="Upsert Products",
    rank="product",
    identity="none",
    mapping={},
    required=(("productID", "text"), ("productName", "text")),
    path="/v2/products",
)
