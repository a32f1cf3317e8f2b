"""Faults of the broker and of the way to it."""

from tests.chaos.matrix.row import Row

CLUSTER = "tests/broker/test_cluster.py::"
CONNECTION = "tests/broker/test_connection.py::"
HARNESS = "tests/broker/test_harness.py::"
TRANSPORT = "tests/broker/test_transport.py::"
AWAY = "tests/broker/test_away.py::"

BROKER = (
    Row(
        "F14",
        "the broker is killed and comes back, once and several times",
        "the worker waits and goes on; each order once, order per contact",
        (
            "tests/chaos/test_broker.py::test_the_broker_is_killed_and_comes_back",
            f"{HARNESS}test_records_and_commits_survive_kill_9",
        ),
        ci=True,
    ),
    Row(
        "F15",
        "there is no broker when the worker starts",
        "it waits: live, not ready, and says why",
        ("tests/worker/test_waiting.py::test_without_a_broker_the_pages_are_there_and_say_so",),
    ),
    Row(
        "F16",
        "the broker is frozen with its connections open, beyond the session timeout",
        "nothing more is written by a worker that may have been replaced; all is told",
        (
            f"{AWAY}test_a_worker_that_may_have_been_replaced_writes_nothing_more",
            f"{HARNESS}test_a_frozen_broker_answers_late_and_loses_nothing",
        ),
    ),
    Row(
        "F17",
        "the worker reaches Cordial and not the broker",
        "it sends nothing once its lease is over, and goes on when the way is open again",
        ("tests/chaos/test_broker.py::test_who_reaches_cordial_and_not_the_broker_sends_nothing",),
    ),
    Row(
        "F18",
        "half a second of latency and connections that are reset on the way to the broker",
        "it is slower, and nothing is lost or doubled",
        ("tests/chaos/test_broker.py::test_a_slow_way_that_is_reset_again_and_again",),
    ),
    Row(
        "F19",
        "of an event's commands some are produced and the others not",
        "the event is routed again, and each command is told once",
        ("tests/chaos/test_killed.py::test_each_order_is_told_once_or_named_in_doubt",),
        ci=True,
    ),
    Row(
        "F20",
        "a commit fails",
        "records are read again, and each is told once",
        (
            "tests/chaos/test_broker.py::test_answers_of_the_broker_are_cut_in_the_midst",
            "tests/chaos/test_broker.py::test_a_broker_that_is_restarted_in_order",
            "tests/chaos/test_broker.py::test_the_broker_is_killed_five_times",
        ),
    ),
    Row(
        "F21",
        "committed offsets are out of range: the bus deleted what was not read, or begins anew",
        "reading goes on at the earliest record, or the worker refuses; never in silence",
        (
            "tests/chaos/test_offsets.py::test_what_the_bus_deleted_unread_is_said_and_the_rest_is_told",
            "tests/chaos/test_offsets.py::test_offsets_beyond_the_end_are_refused",
        ),
    ),
    Row(
        "F22",
        "the group's offsets are deleted",
        "all is read again, and nothing that was told is told again",
        ("tests/chaos/test_offsets.py::test_all_is_read_again_and_nothing_is_told_again",),
    ),
    Row(
        "F23",
        "the source topic is deleted and made anew while a worker runs",
        "it says so and ends, or refuses to start; no record is passed over in silence",
        (
            "tests/chaos/test_offsets.py::test_a_source_that_is_made_anew_while_a_worker_runs_ends_it",
        ),
    ),
    Row(
        "F24",
        "another number of partitions: of the source, an action topic or a changelog",
        "the worker refuses to start and names topic and remedy",
        (
            "tests/chaos/test_offsets.py::test_partitions_that_are_added_while_a_worker_runs_end_it",
            "tests/chaos/test_offsets.py::test_another_number_of_partitions_is_refused",
            f"{CLUSTER}test_another_partition_count_is_told",
            "tests/unit/topics/test_topics.py::test_another_count_is_told_and_not_changed",
        ),
        ci=True,
    ),
    Row(
        "F25",
        "a wrong password, mechanism or authority, an expired certificate, a right taken away",
        "the worker asks again for a minute and ends with exit 3; the reason is said, no secret",
        (
            "tests/broker/secured/test_passwords.py::test_it_ends_with_exit_3_and_the_reason_after_a_while_"
            "of_patience",
            "tests/broker/secured/test_rights.py::test_a_right_that_is_taken_away_loses_nothing",
            "tests/broker/test_mutual.py::test_a_certificate_that_is_not_taken_is_said",
            f"{CONNECTION}test_a_wrong_password_is_refused",
            f"{CONNECTION}test_an_authority_that_we_do_not_trust_is_refused",
        ),
    ),
    Row(
        "F26",
        "aborted transactions, their markers, and gaps in the offsets of a compacted source",
        "what was aborted has no effect, and commits pass markers and gaps",
        (
            "tests/chaos/test_around.py::test_offsets_of_a_transaction_are_passed",
            f"{TRANSPORT}test_records_of_an_aborted_transaction_are_not_read",
            "tests/unit/lanes/test_watermark.py::test_offsets_may_have_gaps",
        ),
    ),
)
