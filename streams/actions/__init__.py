"""What we can tell Cordial: one declaration per file."""

from streams.actions.add_contacts_to_list import ADD_CONTACTS_TO_LIST
from streams.actions.add_products_to_cart import ADD_PRODUCTS_TO_CART
from streams.actions.create_contactactivities import CREATE_CONTACTACTIVITIES
from streams.actions.declaration import Action
from streams.actions.merge_contacts import MERGE_CONTACTS
from streams.actions.remove_contacts_from_list import REMOVE_CONTACTS_FROM_LIST
from streams.actions.remove_products_from_cart import REMOVE_PRODUCTS_FROM_CART
from streams.actions.upsert_contact import UPSERT_CONTACT
from streams.actions.upsert_order import UPSERT_ORDER
from streams.actions.upsert_products import UPSERT_PRODUCTS
from streams.actions.upsert_supplement_records import UPSERT_SUPPLEMENT_RECORDS

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        UPSERT_CONTACT,
        CREATE_CONTACTACTIVITIES,
        ADD_CONTACTS_TO_LIST,
        REMOVE_CONTACTS_FROM_LIST,
        ADD_PRODUCTS_TO_CART,
        REMOVE_PRODUCTS_FROM_CART,
        UPSERT_ORDER,
        UPSERT_SUPPLEMENT_RECORDS,
        MERGE_CONTACTS,
        UPSERT_PRODUCTS,
    )
}
