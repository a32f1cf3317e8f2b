"""Faults of what is on the bus."""

from tests.chaos.matrix.row import Row

BAD = "tests/worker/test_bad_input.py::test_bad_input_becomes_what_the_docs_say"
NEXT = "tests/worker/test_bad_input.py::test_after_any_bad_input_the_next_event_is_delivered"
WIRE = "tests/unit/events/test_event_wire.py::"
REGISTRY = "tests/unit/events/test_event_registry.py::"
EVOLUTION = "tests/unit/events/test_event_evolution.py::"
NORMALISING = "tests/unit/events/test_event_normalising.py::"
MONTH = "tests/replay/test_month.py::"
POISON = "tests/chaos/test_poison.py::"

DATA = (
    Row(
        "F41",
        "bytes that are no event: garbage, cut, too deep, too large",
        "a dead letter, and the next event goes on",
        (
            BAD,
            NEXT,
            f"{WIRE}test_any_bytes_give_a_value",
            f"{WIRE}test_a_bomb_of_depth_is_refused_before_it_overflows_the_stack",
            f"{WIRE}test_a_bomb_of_size_is_refused",
        ),
    ),
    Row(
        "F42",
        "a schema that the registry does not know, and a registry that is away",
        "the first is a dead letter; the second is waited for, and known schemas go on",
        (
            BAD,
            f"{REGISTRY}test_events_wait_for_the_registry_and_known_schemas_go_on",
            f"{REGISTRY}test_known_and_unknown_schemas",
            f"{REGISTRY}test_silence_is_away",
        ),
        ci=True,
    ),
    Row(
        "F43",
        "schemas that change: fields gone, other types, symbols and branches that are new",
        "what is read is what was meant, or a dead letter",
        (
            f"{EVOLUTION}test_another_version_is_read_as_the_reference_resolves_it",
            f"{EVOLUTION}test_a_symbol_that_we_do_not_know_is_an_invalid_type",
            f"{WIRE}test_whatever_the_walk_passes_is_read",
        ),
    ),
    Row(
        "F44",
        "no value, no key, a blank or huge user id",
        "a tombstone is filtered, nobody's event is a dead letter, the rest is delivered",
        (
            BAD,
            f"{WIRE}test_no_value_is_a_tombstone",
            f"{NORMALISING}test_ids_and_names",
            "tests/worker/test_commands.py::"
            "test_a_key_and_an_id_of_half_a_megabyte_are_a_dead_letter_without_them",
        ),
    ),
    Row(
        "F45",
        "orders twice, with another body, before their contact, in any order, a month late",
        "each state once; in the end Cordial has the same",
        (
            f"{MONTH}test_orders_are_the_same",
            f"{MONTH}test_contacts_and_subscriptions_are_the_same",
            "tests/unit/core/test_order_times.py::test_any_order_of_the_events_leaves_the_same",
        ),
    ),
    Row(
        "F46",
        "an event, or what it becomes, of more than a megabyte",
        "a dead letter, without its bytes where it is too large for that too",
        (
            BAD,
            "tests/worker/test_copying.py::"
            "test_a_record_that_the_keyed_topic_has_no_room_for_is_dead_and_the_next_goes_on",
        ),
        ci=True,
    ),
    Row(
        "F47",
        "a record that ends the process each time it is read",
        "after some restarts it is a dead letter, and the partition goes on; a kill makes none",
        (
            f"{POISON}test_a_record_that_ends_the_worker_dies_after_some_restarts",
            f"{POISON}test_kills_of_healthy_workers_make_no_letter",
            f"{POISON}test_who_stops_in_order_again_and_again_is_not_suspected",
            f"{POISON}test_a_step_that_never_ends_is_a_fault",
        ),
    ),
    Row(
        "F48",
        "most of the traffic is one contact's",
        "its order is kept, and nobody else waits for it",
        (
            "tests/unit/delivery/test_turns.py::"
            "test_at_a_limit_the_longest_lane_goes_in_turn_with_who_waited_longest",
            "tests/worker/test_instances.py::"
            "test_many_events_of_a_contact_keep_their_order_across_instances",
        ),
    ),
    Row(
        "F49",
        "hostile texts: line ends, NUL, half characters, a megabyte, NaN, ways out of a path",
        "mended with a note or a dead letter; no line of the log is forged",
        (
            BAD,
            f"{NORMALISING}test_anything_gives_a_clean_event_or_a_named_field",
            "tests/unit/test_logs.py::test_our_lines_are_json_with_what_may_be_shown",
        ),
    ),
    Row(
        "F50",
        "clocks: events from the future and the past, a worker's clock that jumps an hour",
        "times of events have a note; retries and leases go by a clock that does not jump",
        (
            "tests/chaos/test_around.py::test_a_clock_that_jumps_an_hour_changes_nothing",
            BAD,
            f"{NORMALISING}test_moments",
        ),
    ),
)
