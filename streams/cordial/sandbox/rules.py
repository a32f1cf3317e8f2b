"""What Cordial documents about each body: required fields, types, limits. Tables, and their check.

An independent reading of the API: nothing here is shared with the actions that we declare.
A name ending in `*` is required. `?` types: s text, n number, i whole number from 1 on, o object,
l list, b flag, m number of either sign, t time in ISO 8601 with its offset.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

ROUTES: dict[str, str] = {
    "/api/upsertContact": "upsertContact",
    "/api/createContactactivities": "createContactactivities",
    "/api/addContactsToList": "addContactsToList",
    "/api/removeContactsFromList": "removeContactsFromList",
    "/api/upsertOrder": "upsertOrder",
    "/api/upsertSupplementRecords": "upsertSupplementRecords",
    "/api/addProductsToCart": "addProductsToCart",
    "/api/removeProductsFromCart": "removeProductsFromCart",
    "/api/segment/mergeContacts": "mergeContacts",
    "/v2/products": "upsertProducts",
}

CONTACT = {"identifiers*": "o", "identifiersPriority": "l"}
MERGING = {"mergeAllowed*": "b", "mergeableSecondaryKeys": "l"}
ITEM = {
    "productID*": "s",
    "sku*": "s",
    "name*": "s",
    "category": "s",
    "manufacturerName": "s",
    "description": "s",
    "itemPrice": "n",
    "qty": "i",
    "url": "s",
    "images": "l",
    "properties": "o",
    "attr": "l",
}
CART_ITEM = {**ITEM, "category*": "s", "qty*": "i"}
GEO = {"city": "s", "country": "s", "geoLoc": {"lat*": "m", "lon*": "m"}}
DEVICE = {
    "type": "s",
    "device": "s",
    "platform": "s",
    "browser": "s",
    "ip": "s",
    "robot": "b",
}
REMOVED_ITEM = {"productID*": "s", "qty*": "i"}

BODIES: dict[str, dict[str, Any]] = {
    "upsertContact": {
        **CONTACT,
        "source": "s",
        "attributes": "o",
        "forceSubscribe": "b",
        "mergeOptions": MERGING,
    },
    "createContactactivities": {
        "source": "s",
        "contact*": {**CONTACT, "mergeOptions": MERGING},
        "contactActivities*": [
            {"name*": "s", "time": "t", "properties": "o", "geo": GEO, "device": DEVICE}
        ],
    },
    "addContactsToList": {
        "source": "s",
        "contacts*": {"identifiers*": "l", "identifiersPriority": "l"},
        "listName*": "s",
        "isAllowedToCreateLists": "b",
    },
    "removeContactsFromList": {
        "source": "s",
        "contacts*": {"identifiers*": "l", "identifiersPriority": "l"},
        "identifyListBy*": {"name": "s", "segment_group_id": "s"},
    },
    "upsertOrder": {
        "source": "s",
        "contact*": CONTACT,
        "orderID*": "s",
        "purchaseDate*": "t",
        "status*": "s",
        "totalAmount": "n",
        "tax": "n",
        "properties": "o",
        "removeItemsFromCart": "b",
        "items*": [ITEM],
    },
    "upsertSupplementRecords": {
        "source": "s",
        "contact*": CONTACT,
        "supplement*": "s",
        "updatedDateField": "s",
        "records*": "l",
    },
    "addProductsToCart": {"source": "s", "contact*": CONTACT, "items*": [CART_ITEM]},
    "removeProductsFromCart": {"source": "s", "contact*": CONTACT, "items*": [REMOVED_ITEM]},
    "mergeContacts": {"segmentIdKey*": "s", "segmentId*": "s", "previousId*": "s"},
    "upsertProducts": {"productID*": "s", "productName*": "s"},
}

TYPES: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "n": (int, float),
    "m": (int, float),
    "t": (str,),
    "i": (int,),
    "o": (dict,),
    "l": (list,),
    "b": (bool,),
}
WORDS = {
    "s": "string",
    "n": "number",
    "m": "number",
    "t": "string",
    "i": "integer",
    "o": "object",
    "l": "array",
    "b": "boolean",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
SUBSCRIPTION = re.compile(r"channels\.([^.]+)\.subscribeStatus")
STATUSES = {"none", "subscribed", "unsubscribed"}

RESERVED = {
    "message-sent",
    "open",
    "click",
    "optout",
    "bounce",
    "complaint",
    "pageview",
    "message-stopped",
}
NAME_MOST = 40
LIST_NAME_MOST = 128


def problems(action: str, body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a body, as Cordial would find it."""
    yield from _fields(BODIES[action], body, "")
    yield from _statuses(body.get("attributes"))
    for activity in _objects(body.get("contactActivities")):
        yield from _activity(activity)
    if len(str(body.get("listName", ""))) > LIST_NAME_MOST:
        yield "listName is longer than 128 characters"
    for record in _objects(body.get("records")):
        if "id" not in record:
            yield "a supplement record has no id"
        elif _is_object_id(record["id"]):
            yield "a supplement record's id is a 24-digit hexadecimal string"


def _statuses(attributes: Any) -> Iterator[str]:
    for key, value in attributes.items() if isinstance(attributes, dict) else ():
        channel = SUBSCRIPTION.fullmatch(key)
        if channel is None or value in STATUSES:
            continue
        if (channel.group(1), value) != ("sms", "pendingDOI"):
            yield f"{key} is no status of {channel.group(1)}"


def _activity(activity: Mapping[str, Any]) -> Iterator[str]:
    name = str(activity.get("name", ""))
    if len(name) > NAME_MOST:
        yield "the activity's name is longer than 40 characters"
    if name in RESERVED or name.startswith(("crdl_", "crdl-pdm-")):
        yield "the activity's name is reserved"
    for key in activity.get("properties") or {}:
        if "." in key or key.isdigit():
            yield "a property's key is numeric or has a dot, and is stripped"


def _fields(rules: Mapping[str, Any], body: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, rule in rules.items():
        key = name.rstrip("*")
        value = body.get(key)
        if value is None or value in ("", [], {}):
            if name.endswith("*"):
                yield f"{path}{key} is required"
            continue
        yield from _value(rule, value, f"{path}{key}")


def _value(rule: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(rule, list):
        for index, member in enumerate(_objects(value)):
            yield from _fields(rule[0], member, f"{path}[{index}].")
    elif isinstance(rule, dict):
        if isinstance(value, dict):
            yield from _fields(rule, value, f"{path}.")
        else:
            yield f"{path} must be an object"
    elif not isinstance(value, TYPES[rule]) or (rule != "b" and isinstance(value, bool)):
        yield f"{path} must be {WORDS[rule]}"
    elif rule == "t" and not TIME.fullmatch(str(value)):
        yield f"{path} must be a time with its offset"
    elif isinstance(value, int | float) and rule in "ni" and value < (1 if rule == "i" else 0):
        yield f"{path} is too small"


def _objects(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_object_id(value: Any) -> bool:
    return (
        isinstance(value, str) and len(value) == 24 and all(c in "0123456789abcdef" for c in value)
    )
