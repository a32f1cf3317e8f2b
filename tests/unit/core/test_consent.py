"""The consent firewall: nobody is subscribed by force but by a newer event that is consent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.sandbox.state import State
from streams.core.command import Claim, Position
from streams.core.consent import MOST_USED, Consent, died
from streams.core.contacts import NOT_IN_A_BODY
from streams.core.deciding import decide
from streams.core.decisions import Known, Send, Suppress, WasDelivered
from streams.core.learning import merged
from streams.core.outcome import Suppressed
from streams.kafka.learned_rows import decode_row, encode_row
from streams.plan import PlanError, compile_plan, parse_plan, plan_of
from tests.unit.core.made import HERE, KEYS, TEN_O_CLOCK, command, event, instance

WHO = {"identifiers": {"segment_id": "u-42"}, "identifiersPriority": ["segment_id"]}
EMAIL, SMS = "channels.email.subscribeStatus", "channels.sms.subscribeStatus"
LISTED = {"name": "form", "when": 'event = "Joined"', "status": "subscribed"}


def plan(in_doubt="at_most_once", **channels):
    said = channels or {"email": {"events": [LISTED]}}
    whole = {"since": "2026-01-01", "in_doubt": in_doubt, "channels": said}
    return compile_plan(plan_of({"consent": whole}), KEYS)


def instances(**said):
    return {one.name: one for one in plan(**said).instances}


class Contact:
    """One contact's claims, one after the other: what is known of it, and what Cordial has."""

    def __init__(self, **said):
        self.instances = instances(**said)
        self.rows = {}
        self.cordial = State()
        self.offset = 0

    def claims(self, *claims, at, message_id=None, where=None, action=None, **known):
        """What is decided of claims of an event that happened `at` hours after ten o'clock."""
        self.offset += 1
        place = Position(1, "customer.events", 0, self.offset) if where is None else where
        consent = any(one.consent for one in claims)
        name = action or ("consent" if consent else "upsertContact")
        one = command(
            name,
            WHO,
            event_time=TEN_O_CLOCK + at * 3_600_000,
            message_id=message_id or f"m-{self.offset}",
            position=place,
            consent=claims,
        )
        rows = {name: self.rows.get(name) for name in ("identities", "consent")}
        return decide(
            one,
            Known(place, profile=self.rows.get("profiles"), **rows, **known),
            self.instances[name],
        )

    def told(self, *claims, at, **more):
        """The same, accepted by Cordial and settled."""
        decision = self.claims(*claims, at=at, **more)
        if isinstance(decision, Send):
            assert self.cordial.process("upsertContact", decision.body) == "ok"
        self.settle(decision.learned)
        return decision

    def settle(self, learned):
        for one in learned:
            self.rows[one.table] = merged(self.rows.get(one.table), one)

    @property
    def status(self):
        return self._has(EMAIL)

    @property
    def sms(self):
        return self._has(SMS)

    def _has(self, key):
        contacts = self.cordial.contacts
        return contacts[0].attributes.get(key) if contacts else None


def joined(status="subscribed", channel="email"):
    return Claim(channel, status, "form", consent=True)


def left(channel="email"):
    return Claim(channel, "unsubscribed", "goodbye", consent=True)


def stated(status, channel="email"):
    return Claim(channel, status, "status")


def sent(decision):
    assert isinstance(decision, Send), decision
    return decision.body.get("attributes"), decision.body.get("forceSubscribe", False)


def test_a_status_is_sent_once_and_never_forced():
    ana = Contact()
    assert sent(ana.told(stated("subscribed"), at=0)) == ({EMAIL: "subscribed"}, False)
    assert ana.told(stated("subscribed"), at=1).reason is Suppressed.UNCHANGED
    assert sent(ana.told(stated("unsubscribed"), at=2)) == ({EMAIL: "unsubscribed"}, False)
    decision = ana.told(stated("subscribed"), at=3)
    assert decision.reason is Suppressed.UNCHANGED
    assert [one.field for one in decision.notes] == [EMAIL]


def test_each_newer_consent_is_forced_for_the_contact_may_have_left_at_cordial():
    ana = Contact()
    for hour in range(3):
        assert sent(ana.told(joined(), at=hour)) == ({EMAIL: "subscribed"}, True)


@pytest.mark.parametrize("known", [left(), joined()])
def test_a_consent_that_is_not_newer_subscribes_nobody(known):
    ana = Contact()
    ana.told(known, at=2)
    for hour in (0, 1, 2):
        decision = ana.told(joined(), at=hour)
        assert decision.reason is Suppressed.CONSENT
        (note,) = decision.notes
        assert (note.field, note.what) == (EMAIL, "form is not newer than what is known; left out")


def test_a_message_id_is_used_once_whatever_time_it_comes_back_with():
    ana = Contact()
    ana.told(joined(), at=0, message_id="m")
    ana.told(left(), at=1)
    assert ana.told(joined(), at=9, message_id="m").reason is Suppressed.CONSENT
    assert ana.status == "unsubscribed"


def test_the_message_ids_that_were_used_are_bounded():
    ana = Contact()
    for hour in range(MOST_USED + 5):
        ana.told(joined(), at=hour)
    assert len(ana.rows["consent"].channels["email"].used) == MOST_USED


def test_an_unsubscription_is_sent_whenever_it_is_newer():
    ana = Contact()
    assert sent(ana.told(left(), at=1)) == ({EMAIL: "unsubscribed"}, False)
    assert sent(ana.told(left(), at=2)) == ({EMAIL: "unsubscribed"}, False)
    assert isinstance(ana.told(left(), at=0), Suppress)
    ana.told(joined(), at=4)
    assert ana.told(left(), at=3).reason is Suppressed.CONSENT
    assert ana.status == "subscribed"


def test_one_consent_subscribes_no_other_channel_by_force():
    decision = Contact().told(joined(), left("sms"), at=0)
    assert sent(decision) == ({EMAIL: "subscribed", SMS: "unsubscribed"}, True)
    decision = Contact().told(stated("subscribed"), stated("pendingDOI", "sms"), at=0)
    assert sent(decision) == ({EMAIL: "subscribed", SMS: "pendingDOI"}, False)


def test_none_is_never_sent_for_it_would_open_the_way_back():
    ana = Contact()
    ana.told(left(), at=0)
    for decision in (ana.told(stated("none"), at=1), ana.told(stated("subscribed"), at=2)):
        assert EMAIL not in (getattr(decision, "body", {}).get("attributes") or {})
    assert ana.status == "unsubscribed"


def test_the_rest_of_an_update_goes_on_without_a_status_that_may_not():
    ana = Contact()
    ana.told(left(), at=0)
    one = command(
        "upsertContact",
        {**WHO, "attributes": {"city": "Rome"}},
        consent=(stated("subscribed"),),
        event_time=TEN_O_CLOCK + 9_000_000,
    )
    decision = decide(one, Known(HERE, consent=ana.rows["consent"]), ana.instances["upsertContact"])
    assert sent(decision) == ({"city": "Rome"}, False)
    (note,) = decision.notes
    assert note.what == "status resubscribes nobody; left out"


CLAIMS = st.lists(
    st.sampled_from(
        [
            joined(channel="sms"),
            joined("pendingDOI", "sms"),
            left("sms"),
            *(stated(one, "sms") for one in ("subscribed", "unsubscribed", "pendingDOI", "none")),
        ]
    ),
    max_size=8,
)


@given(CLAIMS, st.randoms(use_true_random=False))
def test_events_in_any_order_leave_the_same_subscription(claims, chance):
    events = list(enumerate(claims))
    mixed = events[:]
    chance.shuffle(mixed)
    ordered, shuffled = Contact(), Contact()
    for hour, claim in events:
        ordered.told(claim, at=hour, message_id=f"e-{hour}")
    for hour, claim in mixed:
        shuffled.told(claim, at=hour, message_id=f"e-{hour}")
    assert shuffled.sms == ordered.sms
    assert ordered.sms == wanted(claims)


def wanted(claims):
    """What Cordial itself makes of the events in their order."""
    status = None
    for claim in claims:
        if claim.status == "none":
            continue
        if claim.consent or status != "unsubscribed" or claim.status == "unsubscribed":
            status = claim.status
    return status


@given(CLAIMS, st.randoms(use_true_random=False))
def test_nothing_that_is_replayed_resubscribes_who_left_at_cordial(claims, chance):
    ana = Contact()
    for hour, claim in enumerate(claims):
        ana.told(claim, at=hour, message_id=f"e-{hour}")
    ana.cordial.process("upsertContact", {**WHO, "attributes": {SMS: "unsubscribed"}})
    replayed = [*enumerate(claims)] * 2
    chance.shuffle(replayed)
    for hour, claim in replayed:
        for name in (f"e-{hour}", f"again-{hour}"):
            decision = ana.claims(claim, at=hour, message_id=name)
            if isinstance(decision, Send):
                assert "forceSubscribe" not in decision.body
                ana.cordial.process("upsertContact", decision.body)
            ana.settle(decision.learned)
    assert ana.sms == "unsubscribed"


class Crashed(Contact):
    """A consent was decided and its intent made durable; then the worker died."""

    def __init__(self, **said):
        super().__init__(**said)
        self.told(left(), at=0)
        self.where = Position(1, "customer.events", 0, 9)
        self.lost = self.claims(joined(), at=1, message_id="m", where=self.where)
        self.settle(self.lost.intents)

    def again(self, **known):
        return self.claims(joined(), at=1, message_id="m", where=self.where, **known)


def test_a_consent_that_a_crash_left_open_is_not_forced_again():
    ana = Crashed()
    assert sent(ana.lost) == ({EMAIL: "subscribed"}, True)
    decision = ana.again()
    assert sent(decision) == ({EMAIL: "subscribed"}, False)
    assert decision.in_doubt
    assert [one.what for one in decision.notes] == ["form is in doubt: sent without forceSubscribe"]
    ana.settle(decision.learned)
    assert ana.claims(joined(), at=1, message_id="m").reason is Suppressed.CONSENT


@pytest.mark.parametrize("known", [{"attempted": True}, {"forced": True, "replay": True}])
def test_where_the_answer_is_known_or_somebody_looked_it_is_forced(known):
    assert sent(Crashed().again(**known)) == ({EMAIL: "subscribed"}, True)


def test_where_the_plan_says_so_what_is_in_doubt_is_forced_again():
    decision = Crashed(in_doubt="resend").again()
    assert sent(decision) == ({EMAIL: "subscribed"}, True)
    assert decision.in_doubt


def test_force_lifts_the_doubt_and_never_the_firewall():
    ana = Crashed()
    ana.told(left(), at=2)
    assert ana.again(forced=True, replay=True).reason is Suppressed.CONSENT


def test_a_consent_that_was_accepted_before_a_crash_is_delivered():
    ana = Crashed()
    ana.settle(ana.lost.learned)
    assert isinstance(ana.again(), WasDelivered)


def test_of_two_that_a_crash_repeats_the_older_subscribes_nobody():
    ana = Contact()
    where = Position(1, "customer.events", 0, 5)
    ana.told(joined(), at=1, message_id="m", where=where)
    ana.told(left(), at=2)
    decision = ana.told(joined(), at=1, message_id="m", where=where)
    assert decision.reason is Suppressed.CONSENT
    assert ana.status == "unsubscribed"


def test_a_dead_letter_of_a_consent_is_forced_by_its_replay_if_nothing_newer_came():
    ana = Crashed()
    one = command(
        "consent", WHO, message_id="m", consent=(joined(),), event_time=TEN_O_CLOCK + 3_600_000
    )
    ana.rows["consent"] = died(ana.rows["consent"], one, ana.where, sure=True)
    assert sent(ana.again(replay=True)) == ({EMAIL: "subscribed"}, True)
    ana.told(left(), at=2)
    assert ana.again(replay=True).reason is Suppressed.CONSENT


def test_who_left_by_an_event_that_died_has_left_all_the_same():
    one = command(
        "consent", WHO, message_id="m", consent=(left(),), event_time=TEN_O_CLOCK + 7_200_000
    )
    ana = Contact()
    ana.rows["consent"] = died(Consent(), one, HERE, sure=True)
    assert ana.claims(joined(), at=1).reason is Suppressed.CONSENT
    assert sent(ana.told(left(), at=2, message_id="m")) == ({EMAIL: "unsubscribed"}, False)


def test_what_is_made_by_hand_is_a_status_and_no_consent():
    ana = Contact()
    body = {**WHO, "attributes": {EMAIL: "subscribed", "city": "Rome"}, "forceSubscribe": True}
    one = command("upsertContact", body, position=None)
    decision = decide(one, Known(HERE), ana.instances["upsertContact"])
    assert sent(decision) == ({EMAIL: "subscribed", "city": "Rome"}, False)
    assert NOT_IN_A_BODY in decision.notes
    ana.told(left(), at=-1)
    later = Known(HERE, consent=ana.rows["consent"])
    decision = decide(one, later, ana.instances["upsertContact"])
    assert sent(decision) == ({"city": "Rome"}, False)


def test_no_other_action_subscribes_by_force():
    body = {
        "contact": {**WHO, "forceSubscribe": True},
        "contactActivities": [{"name": "a", "time": "t"}],
    }
    one = command("createContactactivities", body, position=None)
    decision = decide(one, Known(HERE), instance("createContactactivities"))
    assert isinstance(decision, Send)
    assert decision.body["contact"] == WHO
    assert NOT_IN_A_BODY in decision.notes


def test_a_row_is_written_as_it_is_read():
    ana = Crashed()
    ana.told(stated("pendingDOI", "sms"), at=3)
    row = ana.rows["consent"]
    assert decode_row("consent", encode_row("consent", row)) == row


def test_notes_name_channel_and_rule_and_no_value():
    words = {"email": {"status": "traits.news", "words": {"ja@x.io": "subscribed"}}}
    rules = plan(**words).consent
    claims, notes = rules.stated(
        event(traits={"news": "secret@x.io"}), {"traits": {"news": "secret@x.io"}}
    )
    assert claims == ()
    assert [(one.field, one.what) for one in notes] == [
        (EMAIL, "status has a word that is not in the plan; left out")
    ]


WORDS = [
    ("yes", True, "subscribed"),
    ("true", True, "subscribed"),
    ("yes", "YES ", "subscribed"),
    ("no", False, "unsubscribed"),
    ("1", 1, "subscribed"),
    ("1", 1.0, "subscribed"),
    ("'yes'", "yes", "subscribed"),
    ("'yes'", True, None),
    ("a", "Subscribed", "subscribed"),
    ("a", "pendingdoi", "pendingDOI"),
    ("a", ["a"], None),
]


@pytest.mark.parametrize(("key", "value", "status"), WORDS)
def test_the_companys_words_are_compared_without_case_and_as_yaml_has_them(key, value, status):
    word = "unsubscribed" if key == "no" else "subscribed"
    text = f"consent: {{channels: {{sms: {{status: traits.s, words: {{{key}: {word}}}}}}}}}"
    rules = compile_plan(parse_plan(text), KEYS).consent
    claims, _ = rules.stated(event(traits={"s": value}), {"traits": {"s": value}})
    assert [one.status for one in claims] == ([] if status is None else [status])


GOOD = (
    "{since: 2026-01-01, channels: {email: {events: "
    "[{name: a, when: 'type = \"track\"', status: subscribed}]}}}"
)
WRONG = [
    ("{channels: {email: {}}}", "consent.channels.email says nothing"),
    (GOOD.replace("since: 2026-01-01, ", ""), "consent lists consent and lacks since"),
    (GOOD.replace("2026-01-01", "soon"), "consent.since is no time"),
    (GOOD.replace(", status: subscribed", ""), "events.0 says no status"),
    (GOOD.replace("status: s", "value: traits.a, status: s"), "has both status: and value:"),
    (GOOD.replace("status: subscribed", "status: pendingDOI"), "is a status of sms, not of email"),
    (GOOD.replace("status: subscribed", "status: yes"), "consent.channels.email.events.0.status"),
    (GOOD.replace("status: subscribed", "value: trait.a"), "did you mean traits?"),
    (GOOD.replace("'type = \"track\"'", "'typ = 1'"), "events.0.when"),
    (GOOD.replace("email:", "e.mail:"), "is no name of a channel"),
    ("{channels: {email: {status: traits.a, words: {a: yes}}}}", "consent.channels.email.words"),
    ("{channel: {}}", "did you mean channels?"),
]


@pytest.mark.parametrize(("said", "message"), WRONG)
def test_what_is_wrong_with_the_plan_is_said_with_its_place(said, message):
    with pytest.raises(PlanError) as error:
        parse_plan(f"consent: {said}")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "field",
    ["forceSubscribe: {const: true}", "attributes: {channels.sms.subscribeStatus: traits.a}"],
)
def test_a_mapping_is_no_other_door(field):
    with pytest.raises(PlanError, match="changes consent"):
        parse_plan(f"actions: {{upsertContact: {{mapping: {{{field}}}}}}}")
    inside = f"actions: {{createContactactivities: {{mapping: {{contact: {{{field}}}}}}}}}"
    with pytest.raises(PlanError, match="changes consent"):
        parse_plan(inside)


def test_the_name_of_the_instance_is_taken_where_consent_is_listed():
    text = f"consent: {GOOD}\nactions: {{consent: {{action: upsertContact, trigger: type exists}}}}"
    with pytest.raises(PlanError, match=r"actions.consent is what consent: of the plan sends"):
        parse_plan(text)


def test_without_consent_in_the_plan_there_is_no_instance_of_it():
    assert "consent" not in {one.name for one in compile_plan(plan_of({}), KEYS).instances}
