"""Faults of Cordial and of the way to it."""

from tests.chaos.matrix.row import Row

CLIENT = "tests/unit/cordial/test_client.py::"
CONNECTIONS = "tests/unit/cordial/test_transport.py::"
PACE = "tests/unit/cordial/test_pace.py::"
ANSWER = "tests/unit/core/test_answer.py::"
RETRYING = "tests/unit/core/test_retrying.py::"
HOLDING = "tests/worker/test_holding.py::test_trouble_holds_and_delivery_goes_on"
MEMORY = "tests/worker/test_order_memory.py::"
REJECTIONS = "tests/worker/test_rejections.py::"

CORDIAL = (
    Row(
        "F27",
        "429 for as long as a limit is exceeded, with Retry-After and without",
        "no request before the time that was asked for; nothing dies; the lag comes back to 0",
        (
            "tests/chaos/test_cordial.py::test_a_storm_of_refusals_is_waited_out",
            f"{PACE}test_a_wait_that_was_asked_for_is_kept_by_all",
            f"{PACE}test_refusals_without_a_word_wait_longer_while_they_last",
            "tests/worker/test_waits.py::"
            "test_a_wait_that_cordial_asked_for_is_named_and_the_worker_is_ready",
        ),
        ci=True,
    ),
    Row(
        "F28",
        "every answer is an error for a while",
        "the circuit opens, nothing dies, delivery goes on by itself",
        (HOLDING, "tests/unit/cordial/test_circuit.py::test_failures_in_a_row_open_it"),
    ),
    Row(
        "F29",
        "400 and 422",
        "a dead letter without another try; the contact's next command goes on",
        (f"{REJECTIONS}test_a_rejected_command_is_dead_and_the_next_one_goes_on",),
        ci=True,
    ),
    Row(
        "F30",
        "401 and 403",
        "everything is held, nothing dies; delivery goes on with the right key",
        (HOLDING, f"{CLIENT}test_the_next_request_has_the_key_that_was_put_in_its_place"),
    ),
    Row(
        "F31",
        "404 and 409",
        "as every other rejection: the command's fault, or one of a joined request's",
        (f"{ANSWER}test_every_status_has_its_meaning", f"{RETRYING}test_what_follows_an_answer"),
    ),
    Row(
        "F32",
        "an answer that comes a byte a second, that never ends, or of any size",
        "the deadline covers the whole answer, its size is bounded, the lane goes on",
        (
            "tests/chaos/test_cordial.py::test_an_answer_without_an_end_costs_a_deadline_and_no_memory",
            f"{CLIENT}test_a_deadline_covers_the_body_too",
            f"{CLIENT}test_an_endless_answer_is_read_to_its_bound_and_closed",
            f"{CONNECTIONS}test_an_oversized_answer_costs_its_connection_only",
        ),
    ),
    Row(
        "F33",
        "Cordial accepts, and its answer is cut off",
        "the order is sent again and named in doubt, or by plan dead-lettered in doubt",
        (
            "tests/chaos/test_cordial.py::test_an_order_whose_answer_was_cut_is_sent_again_and_named",
            f"{MEMORY}test_a_death_in_doubt_is_not_sent_again_whatever_came_since",
            f"{CONNECTIONS}test_what_breaks_after_the_write_is_in_doubt",
        ),
        ci=True,
    ),
    Row(
        "F34",
        "nobody listens, an unknown name, no TLS, a connection reset within the request",
        "what left is in doubt, what did not is not sent; both are tried again",
        (
            "tests/chaos/test_cordial.py::test_a_way_that_is_reset_and_refused_doubles_no_order_in_silence",
            f"{CONNECTIONS}test_a_refused_connection_is_not_sent",
            f"{CONNECTIONS}test_an_unknown_name_is_not_sent",
            f"{CONNECTIONS}test_a_server_without_tls_is_not_sent",
            f"{CONNECTIONS}test_what_breaks_after_the_write_is_in_doubt",
        ),
    ),
    Row(
        "F35",
        "200 with HTML, nothing, half a document or the word error in its body",
        "an answer that is cut is in doubt; a whole 2xx counts as accepted, whatever it says",
        (
            f"{CONNECTIONS}test_a_body_is_read_whole_however_it_ends",
            f"{CONNECTIONS}test_what_breaks_after_the_write_is_in_doubt",
            f"{ANSWER}test_every_status_has_its_meaning",
        ),
    ),
    Row(
        "F36",
        "a redirect, also to another host",
        "it is not followed, and the key goes nowhere else; delivery is held",
        (
            "tests/chaos/test_cordial.py::test_a_redirect_is_followed_nowhere_and_holds_delivery",
            f"{CLIENT}test_no_redirect_is_followed",
            f"{CONNECTIONS}test_no_key_goes_to_another_origin",
        ),
    ),
    Row(
        "F37",
        "Cordial closes an idle connection",
        "a request is repeated only where it surely did not leave",
        (
            f"{CONNECTIONS}test_a_connection_that_was_quiet_for_long_is_not_used_again",
            f"{CONNECTIONS}test_what_comes_unasked_while_idle_ends_the_connection",
            f"{CONNECTIONS}test_a_post_is_never_repeated_by_itself",
        ),
    ),
    Row(
        "F38",
        "Cordial becomes ten times slower",
        "reading is slowed, memory is bounded, the group stays as it is",
        (
            "tests/chaos/test_cordial.py::test_ten_times_slower_slows_reading_and_changes_no_group",
            "tests/unit/lanes/test_lanes.py::test_the_window_is_bounded_by_commands",
        ),
    ),
    Row(
        "F39",
        "one endpoint fails and the others are well",
        "actions that do not need it go on; the contact keeps its order",
        (
            "tests/worker/test_order_action.py::"
            "test_an_activity_does_not_wait_for_an_update_that_fails",
            f"{REJECTIONS}test_a_contact_that_fails_delays_nobody_else",
        ),
    ),
    Row(
        "F40",
        "of a joined request one member is at fault",
        "that one dies alone",
        (f"{REJECTIONS}test_of_a_joined_request_the_one_at_fault_dies_alone",),
    ),
)
