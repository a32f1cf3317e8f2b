"""The plan as routing goes by it: action instances in the order of their commands. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from streams.actions.declaration import Action
from streams.core import supplements
from streams.core.action_names import ORDER
from streams.core.anonymous import DROPPED, Anonymous
from streams.core.candidates import Candidates
from streams.core.catalogue import AttributeRules, Catalogue
from streams.core.consent_rules import ConsentRules
from streams.core.filters import Rule as Filter
from streams.core.functions.names import PAGE_ACTIVITY
from streams.core.identities import Completing
from streams.core.identity import AccountKeys, Sought
from streams.core.mapping import Rule
from streams.core.markets import Markets
from streams.core.order_rules import ANY, OrderRules
from streams.core.trigger import Condition, Node


@dataclass(frozen=True, slots=True)
class Instance:
    """An action as the plan has it; an action may have several, each with a name of its own."""

    name: str
    declaration: Action
    enabled: bool
    condition: Condition | None
    rule: Rule
    on_dead_letter: Literal["continue", "park"] = "continue"
    in_doubt: Literal["resend", "at_most_once"] = "resend"
    can_be_created: bool = True
    join_members: int | None = None
    join_bytes: int | None = None
    only_changed: bool = True
    resend_after: int | None = None
    shaped: bool = False
    filters: tuple[Filter, ...] = ()
    trigger: Node | None = None
    orders: OrderRules = ANY
    completing: Completing | None = None
    page_name: str = PAGE_ACTIVITY
    merge_options: Mapping[str, Any] | None = None
    id_prefix: str = supplements.PREFIX

    @property
    def action(self) -> str:
        """Cordial's own name of the action."""
        return self.declaration.name

    @property
    def names_matter(self) -> bool:
        """Whether its trigger sees the event's own name alone, and not what a state is called."""
        return self.action != ORDER or not self.orders.translates

    @property
    def source(self) -> Callable[[str], str]:
        """The path of the event that a field of the body comes from."""
        return self.declaration.source


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """The plan, ready to route by. Commands of one event leave in the order of `instances`.

    `catalogue` is what a trace takes the account's attributes to be; a worker asks.
    """

    instances: tuple[Instance, ...]
    keys: AccountKeys
    sought: tuple[Sought, ...] = ()
    lists: Collection[str] = frozenset()
    filters: tuple[Filter, ...] = ()
    anonymous: Anonymous = DROPPED
    attributes: AttributeRules | None = None
    catalogue: Catalogue | None = None
    source_filters: Mapping[str, tuple[Filter, ...]] = field(default_factory=dict)
    consent: ConsentRules | None = None
    markets: Markets | None = None
    candidates: Candidates[Instance] = field(init=False, compare=False, repr=False)
    identifier_keys: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        on = [one for one in self.instances if one.enabled and one.condition is not None]
        object.__setattr__(self, "candidates", Candidates(on))
        object.__setattr__(self, "identifier_keys", frozenset(one.key for one in self.sought))

    def of_source(self, source: str) -> "CompiledPlan":
        """The plan as events of this one source see it."""
        return replace(self, filters=self.filters_of(source), source_filters={})

    def filters_of(self, source: str | None) -> tuple[Filter, ...]:
        """The rules for events of a source: its own, then those for all."""
        if not self.source_filters:
            return self.filters
        return self.source_filters.get(source or "", ()) + self.filters
