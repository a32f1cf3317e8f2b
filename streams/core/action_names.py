"""Cordial's own names of the actions of which more is to be said than their declarations do."""

CONTACT = "upsertContact"
ACTIVITY = "createContactactivities"
ORDER = "upsertOrder"
MERGE = "mergeContacts"
SUPPLEMENT = "upsertSupplementRecords"
JOIN, LEAVE = "addContactsToList", "removeContactsFromList"
LISTS = (JOIN, LEAVE)
INTO_CART, OUT_OF_CART = "addProductsToCart", "removeProductsFromCart"
CARTS = (INTO_CART, OUT_OF_CART)
