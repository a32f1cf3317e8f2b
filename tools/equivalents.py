"""What stands for each directive of Segment's mappings; every pair is a test.

The example event of the page is `EVENT`.
"""

from dataclasses import dataclass
from typing import Any

EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-42",
    "timestamp": "2026-11-20T10:00:00Z",
    "properties": {
        "total": 61.9,
        "currency": "eur",
        "coupon": "",
        "note": '{"gift":true}',
        "phone": "030-123-456",
        "size": {"eu": 42},
        "shipping": {"city": "Berlin", "street": None},
        "products": [{"sku": "A-1", "price": 49.9}, {"sku": "B-2", "price": 12}],
    },
    "traits": {"firstName": "Ana", "lastName": "Ruiz"},
}


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A directive, an example of it, what stands for it here, and what that gives.

    `ours` is None where there is nothing; `remark` says what differs.
    """

    directive: str
    theirs: str
    ours: Any = None
    gives: Any = None
    remark: str = ""


EQUIVALENTS = (
    Equivalent("@path", '{"@path": "$.properties.total"}', "properties.total", 61.9),
    Equivalent(
        "@literal",
        '{"@literal": "web"}',
        {"const": "web"},
        "web",
        "a plain value is `const`, too; a plain text here is a path",
    ),
    Equivalent(
        "@template",
        '{"@template": "{{traits.firstName}} {{traits.lastName}}"}',
        {"fn": "concat", "by": " ", "of": {"first": "traits.firstName", "last": "traits.lastName"}},
        "Ana Ruiz",
        "fixed parts are `const` fields among the others; what is absent is left out",
    ),
    Equivalent(
        "@if exists",
        '{"@if": {"exists": {"@path": "$.properties.brand"}, "then": "branded", "else": "plain"}}',
        [
            {"when": "properties.brand exists", "use": {"const": "branded"}},
            {"const": "plain"},
        ],
        "plain",
        "`when` takes any condition of a trigger; `[path, {const: …}]` is a default",
    ),
    Equivalent(
        "@if blank",
        '{"@if": {"blank": {"@path": "$.properties.coupon"}, "then": "none", "else": "some"}}',
        [
            {
                "when": 'properties.coupon exists and properties.coupon != ""',
                "use": {"const": "some"},
            },
            {"const": "none"},
        ],
        "none",
        "in a list of mappings a blank text counts as absent by itself",
    ),
    Equivalent(
        "@arrayPath",
        '{"@arrayPath": ["$.properties.products", {"id": {"@path": "$.sku"}}]}',
        {"each": "properties.products", "as": {"id": "sku"}},
        [{"id": "A-1"}, {"id": "B-2"}],
        "`$.` leads from a member to the whole event",
    ),
    Equivalent(
        "@case",
        '{"@case": {"operator": "upper", "value": {"@path": "$.properties.currency"}}}',
        {"fn": "upper", "of": "properties.currency"},
        "EUR",
        "also `lower` and `title`",
    ),
    Equivalent(
        "@replace",
        '{"@replace": {"pattern": "-", "replacement": " ",'
        ' "value": {"@path": "$.properties.phone"}}}',
        {"fn": "replace", "find": "-", "by": " ", "of": "properties.phone"},
        "030 123 456",
        "every place, upper and lower case differ; for a second pattern put one inside the other",
    ),
    Equivalent(
        "@merge",
        '{"@merge": {"objects": [{"@path": "$.traits"}, {"plan": "vip"}], "direction": "right"}}',
        {"fn": "merge", "of": {"first": "traits", "then": {"plan": {"const": "vip"}}}},
        {"firstName": "Ana", "lastName": "Ruiz", "plan": "vip"},
        "of equal names the last wins; for the other direction turn them round",
    ),
    Equivalent(
        "@transform",
        '{"@transform": {"apply": {"city": {"@path": "$.properties.shipping.city"}},'
        ' "mapping": {"place": {"@path": "$.city"}}}}',
        {"place": "properties.shipping.city"},
        {"place": "Berlin"},
        "no second pass: map at once; `rename`, `pick` and `omit` change what a mapping gave",
    ),
    Equivalent(
        "@flatten",
        '{"@flatten": {"value": {"@path": "$.properties"}, "separator": "_"}}',
        {"fn": "flatten", "by": "_", "of": {"size": "properties.size"}},
        {"size_eu": 42},
        "lists stay as they are, as with `omitArray`",
    ),
    Equivalent(
        "@json encode",
        '{"@json": {"mode": "encode", "value": {"@path": "$.properties.size"}}}',
        {"fn": "json", "of": "properties.size"},
        '{"eu":42}',
    ),
    Equivalent(
        "@json decode",
        '{"@json": {"mode": "decode", "value": {"@path": "$.properties.note"}}}',
        {"fn": "from_json", "of": "properties.note"},
        {"gift": True},
    ),
    Equivalent(
        "@length",
        '{"@length": {"@path": "$.properties.products"}}',
        {"fn": "length", "of": "properties.products"},
        2,
    ),
    Equivalent(
        "@excludeWhenNull",
        '{"@excludeWhenNull": {"@path": "$.properties.shipping"}}',
        "properties.shipping",
        {"city": "Berlin"},
        "nulls are left out anyway, at any depth; a null to send is `{const: null}` or `nullable`",
    ),
    Equivalent(
        "@liquid",
        '{"@liquid": "{{ properties.currency | upcase }}"}',
        remark="nothing: a mapping runs no code; conditions are `when`, the rest are functions",
    ),
    Equivalent(
        "@cdpresolution",
        '{"@cdpresolution": …}',
        remark="nothing: it is about Segment's own ids; here `identity` says who a contact is",
    ),
)
