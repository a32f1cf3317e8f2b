"""`markets:` of the plan: what is wrong with it, and what routing goes by."""

from collections.abc import Iterator

from babel import Locale, UnknownLocaleError
from phonenumbers import SUPPORTED_REGIONS

from streams.core.guards import of_channel
from streams.core.markets import Market, Markets
from streams.core.money import currency_of
from streams.core.paths import reader
from streams.core.trigger import TriggerError, compile_node
from streams.core.trigger_text import path_of
from streams.core.trigger_yaml import parse_any
from streams.plan.mappings import Check, constant_problem
from streams.plan.model import MarketPlan, MarketsPlan
from streams.plan.places import Finding, Path, suggestion

AT: Path = ("markets",)


def compiled(plan: MarketsPlan | None) -> Markets | None:
    """The markets, ready to route by."""
    if plan is None:
        return None
    made = {name: _market(name, said) for name, said in plan.known.items()}
    words = {
        word.strip().casefold(): made[name]
        for name, said in plan.known.items()
        for word in (name, *said.words)
    }
    return Markets(
        conditions=tuple(
            (compile_node(parse_any(said.when)), made[name])
            for name, said in plan.known.items()
            if said.when is not None
        ),
        words=words,
        reads=tuple(reader(path_of(path)) for path in plan.told_by),
        told_at=plan.told_by[0] if plan.told_by else "context",
        unknown=plan.unknown,
        default=made[plan.default] if plan.default is not None else None,
        served=None if plan.serve is None else frozenset(plan.serve),
    )


def _market(name: str, said: MarketPlan) -> Market:
    currency = currency_of(said.currency)
    shown = {
        "name": name,
        "locale": said.locale,
        "currency": currency,
        "phone_region": said.phone_region,
        "attributes": dict(said.attributes),
        "properties": dict(said.properties),
    }
    return Market(
        name=name,
        region=said.phone_region,
        list_prefix=said.list_prefix,
        lists=dict(said.lists),
        currency=currency,
        minor_units=said.minor_units,
        attributes=dict(said.attributes),
        properties=dict(said.properties),
        shown={key: value for key, value in shown.items() if value is not None},
    )


def problems(plan: MarketsPlan | None) -> Iterator[Finding]:
    """What is wrong with them."""
    if plan is None:
        return
    known = plan.known
    for number, path in enumerate(plan.told_by):
        yield from Check().problems(path, (*AT, "told_by", number))
    if not plan.told_by and all(said.when is None for said in known.values()):
        yield AT, "say of no event which it is of", "name a path with told_by:, or give each when:"
    if plan.unknown == "default" and plan.default is None:
        yield (*AT, "unknown"), "is default, and none is named", "name a market with default:"
    if plan.default is not None and plan.default not in known:
        yield (*AT, "default"), f"{plan.default} is no market", suggestion(plan.default, known)
    if plan.default is not None and plan.unknown != "default":
        yield (*AT, "default"), "is never used", "say unknown: default, or take it away"
    for number, name in enumerate(plan.serve or ()):
        if name not in known:
            yield (*AT, "serve", number), f"{name} is no market", suggestion(name, known)
    taken: dict[str, str] = {}
    for name, said in known.items():
        at = (*AT, "known", name)
        yield from _market_problems(said, at)
        for word in (name, *said.words):
            other = taken.setdefault(word.strip().casefold(), name)
            if other != name:
                yield at, f"has the word {word} of {other}", "give each word to one market"


def _market_problems(said: MarketPlan, at: Path) -> Iterator[Finding]:
    if said.when is not None:
        try:
            parse_any(said.when)
        except TriggerError as error:
            yield (*at, "when"), str(error), ""
    if said.phone_region is not None and said.phone_region not in SUPPORTED_REGIONS:
        what = f"{said.phone_region} is no region"
        remedy = (
            "did you mean GB?"
            if said.phone_region == "UK"
            else "write it as ISO 3166 has it, like DE"
        )
        yield (*at, "phone_region"), what, remedy
    if said.currency is not None and currency_of(said.currency) is None:
        yield (*at, "currency"), f"{said.currency} is no currency", "write it as ISO 4217 has it"
    if said.minor_units and said.currency is None:
        yield (*at, "minor_units"), "needs to know the digits", "name the currency"
    if said.locale is not None and not _is_locale(said.locale):
        yield (*at, "locale"), f"{said.locale} is no locale", "write it like de-DE"
    for part in ("attributes", "properties"):
        for name, value in getattr(said, part).items():
            wrong = constant_problem(value)
            if wrong:
                yield (*at, part, name), wrong, "a value as JSON has it is expected"
            elif part == "attributes" and of_channel(f"{name}."):
                yield (*at, part, name), "changes consent", "a market cannot do that"


def _is_locale(text: str) -> bool:
    try:
        return bool(Locale.parse(text.replace("-", "_")))
    except (ValueError, UnknownLocaleError, TypeError):
        return False
