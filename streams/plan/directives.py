"""What an operator who comes from Segment writes by habit, and what stands for it here."""

DIRECTIVES: dict[str, str] = {
    "@path": "write the path itself, like properties.total",
    "@literal": "write {const: …}",
    "@template": "write {fn: concat, of: …}, or {fn: join, of: …}",
    "@liquid": "nothing runs code here; write {fn: …, of: …}",
    "@if": "write [{when: …, use: …}, …]",
    "@arrayPath": "write {each: …, as: …}",
    "@case": "write {fn: lower, of: …}, or {fn: upper, of: …}",
    "@replace": "write {fn: replace, find: …, by: …, of: …}",
    "@merge": "write {fn: merge, of: …}",
    "@transform": "write the fields at once, each with its path",
    "@flatten": "write {fn: flatten, of: …}",
    "@json": "write {fn: json, of: …}, or {fn: from_json, of: …}",
    "@length": "write {fn: length, of: …}",
    "@excludeWhenNull": "leave it out: nulls are left out anyway",
    "@cdpresolution": "leave it out: identity: of the plan says who a contact is",
}


def templated(text: str) -> str:
    """What to write in place of a template; empty where the text is none."""
    if "{{" not in text:
        return ""
    inner = text.strip().removeprefix("{{").removesuffix("}}").strip()
    simple = "{" not in inner and "}" not in inner and " " not in inner
    return f"write {inner}" if simple else "write {fn: concat, of: …}"
