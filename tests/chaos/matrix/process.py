"""Faults of the worker's process and of the group."""

from tests.chaos.matrix.row import Row

STOPPING = "tests/worker/test_stopping.py::"
HEALTH = "tests/unit/web/test_health.py::"
RELEASES = "tests/chaos/test_releases.py::"

PROCESS = (
    Row(
        "F01",
        "kill -9 at each step of a command: intent, answer, state, commit, between two commands",
        "nothing is lost; an order is accepted once, or twice and named in doubt",
        (
            "tests/chaos/test_killed.py::test_each_order_is_told_once_or_named_in_doubt",
            "tests/worker/test_visitors_crashing.py::"
            "test_each_event_reaches_the_user_once_and_in_order",
            "tests/worker/test_visitors_tying.py::"
            "test_each_event_reaches_the_user_once_and_in_order",
            "tests/worker/test_malformed_orders.py::test_nor_after_a_crash_between_the_two",
        ),
        ci=True,
    ),
    Row(
        "F02",
        "SIGTERM while requests are under way",
        "they end, are settled and committed; exit 0 within the grace",
        (f"{STOPPING}test_a_stopped_worker_exits_with_0_in_the_midst_and_loses_nothing",),
        ci=True,
    ),
    Row(
        "F03",
        "SIGTERM while Cordial never answers",
        "the worker ends within the grace; what was under way is not committed, and is sent again",
        ("tests/chaos/test_cordial.py::test_a_stop_ends_in_its_time_though_cordial_never_answers",),
        ci=True,
    ),
    Row(
        "F04",
        "a second SIGTERM during the stop",
        "the stop goes on, and nothing is committed that is not settled",
        ("tests/chaos/test_cordial.py::test_a_second_sigterm_changes_nothing",),
    ),
    Row(
        "F05",
        "SIGSTOP beyond the session timeout, then SIGCONT, while another worker takes over",
        "the one that was stopped sends nothing more of what the other has; order per contact",
        ("tests/chaos/test_group.py::test_a_frozen_worker_sends_nothing_of_what_another_one_has",),
    ),
    Row(
        "F06",
        "a worker joins while requests are under way",
        "each order once, order per contact",
        ("tests/chaos/test_group.py::test_a_worker_joins_while_requests_are_under_way",),
        ci=True,
    ),
    Row(
        "F07",
        "five workers join and are killed, one after the other; one joins and leaves",
        "nothing is lost, each order once or named in doubt; nobody stands still for ten seconds "
        "because one joins or leaves",
        (
            "tests/chaos/test_group.py::test_five_workers_come_and_are_killed",
            "tests/chaos/test_group.py::test_nobody_stands_still_for_long_because_a_worker_joins_or_leaves",
            "tests/chaos/test_killed.py::test_an_order_that_was_under_way_is_sent_again_and_named",
        ),
    ),
    Row(
        "F08",
        "static members are restarted one after the other",
        "the others hear nothing of it; no partition stands still for ten seconds, for 15 where it "
        "was killed; nothing is lost",
        (
            "tests/chaos/test_group.py::test_static_members_are_restarted_one_by_one",
            "tests/chaos/test_group.py::test_a_static_member_that_was_killed_goes_on_where_it_was",
        ),
    ),
    Row(
        "F09",
        "a bug in our code over one event or command",
        "a dead letter `bug`; the next event goes on",
        (f"{STOPPING}test_a_bug_is_a_dead_letter_and_the_next_event_goes_on",),
        ci=True,
    ),
    Row(
        "F10",
        "a task of the worker dies, or nothing moves without a reason",
        "it ends with exit 4, or is not live: it is restarted without a person",
        (
            "tests/worker/test_timers.py::"
            "test_a_bug_in_a_timer_ends_the_worker_and_its_successor_goes_on",
            f"{HEALTH}test_work_that_stands_still_is_not_live",
            f"{HEALTH}test_not_live_means_stuck_without_a_reason",
        ),
    ),
    Row(
        "F11",
        "there is no memory left for the worker",
        "it ends, or is killed as in F01; its successor goes on, nothing is lost or given up",
        ("tests/chaos/test_killed.py::test_a_worker_without_memory_ends_and_another_one_goes_on",),
    ),
    Row(
        "F12",
        "two installations share a group id by mistake",
        "the second refuses to start and says why",
        ("tests/chaos/test_offsets.py::test_another_installation_in_the_same_group_is_refused",),
    ),
    Row(
        "F13",
        "an earlier release over what a later one wrote",
        "it reads it, or refuses with the reason",
        (
            "tests/unit/events/test_event_own_records.py::"
            "test_a_command_of_an_earlier_release_is_read",
            "tests/unit/events/test_event_own_records.py::"
            "test_a_later_version_reads_what_an_earlier_one_wrote",
            "tests/unit/events/test_event_later.py::test_a_row_of_no_schema_that_we_know_is_told",
            f"{RELEASES}test_a_table_that_a_later_release_wrote_is_refused",
            f"{RELEASES}test_what_a_later_release_left_on_our_topics_is_not_passed_over",
        ),
    ),
)
