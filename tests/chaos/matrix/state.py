"""Faults of tables and disks, and of what surrounds the worker."""

from tests.chaos.matrix.row import Row

CLUSTER = "tests/broker/test_cluster.py::"
TOPICS = "tests/unit/topics/test_topics.py::"
SETTINGS = "tests/unit/test_settings.py::"
ENDPOINT = "tests/unit/cordial/test_endpoint.py::"
CLIENT = "tests/unit/cordial/test_client.py::"
LEAKS = "tests/worker/test_leaks.py::"
LOGS = "tests/unit/test_logs.py::"
REDACTION = "tests/unit/test_redaction.py::"
SERVER = "tests/unit/web/test_server.py::"
PROMETHEUS = "tests/deploy/test_prometheus.py::"

STATE = (
    Row(
        "F51",
        "the data directory is full, read-only or damaged",
        "the worker goes on without it, or ends and says why",
        (
            "tests/chaos/test_around.py::test_a_data_directory_that_cannot_be_written_ends_the_worker",
            "tests/worker/test_full_disk.py::test_the_worker_goes_on_without_its_words_and_without_its_directory",
        ),
    ),
    Row(
        "F52",
        "a changelog is deleted, emptied, or keeps its rows for a time only",
        "the worker refuses to start: known orders would be sent again",
        (
            "tests/chaos/test_around.py::test_an_emptied_changelog_is_refused",
            f"{CLUSTER}test_a_deleted_changelog_is_noticed_when_the_group_has_committed",
            f"{TOPICS}test_a_changelog_lost_under_a_committed_group_is_neither_made_nor_started_with",
            f"{TOPICS}test_a_changelog_that_deletes_is_refused",
        ),
        ci=True,
    ),
    Row(
        "F53",
        "the worker that has the partitions dies, and another one takes over",
        "it delivers again within the session timeout and ten seconds, and sends nothing twice; so "
        "where one is killed that reads its tables",
        (
            "tests/chaos/test_group.py::test_another_worker_takes_over_within_its_time",
            "tests/chaos/test_group.py::test_a_worker_is_killed_while_its_tables_are_read",
        ),
    ),
    Row(
        "F54",
        "the topic of the dead letters is gone or refuses",
        "the event is not committed; what is behind it waits, and goes on when the topic is back",
        (
            "tests/chaos/test_around.py::test_without_the_topic_of_dead_letters_nothing_is_committed",
            "tests/chaos/test_around.py::test_a_letter_that_its_topic_refuses_is_kept_without_its_bytes",
        ),
        ci=True,
    ),
    Row(
        "F55",
        "tables of a million orders",
        "a takeover within the session timeout and ten seconds, a static member again within 15 s, "
        "nobody still for ten where one joins or leaves; memory as docs/performance.md says",
        (
            "tests/broker/test_recovery.py::test_rows_forgotten_aborted_and_marked",
            "tests/broker/test_recovery.py::test_a_rebalance_while_tables_are_read",
            "tests/broker/test_recovery.py::test_a_partition_that_went_and_came_back_while_tables_are_read",
            "tests/unit/test_recovery_rows.py::test_an_order_is_found_by_its_contact_and_number",
        ),
        cannot="the million takes minutes: make recovery",
    ),
    Row(
        "F56",
        "settings and plans that are wrong, or name an endpoint that is not Cordial's",
        "the worker refuses to start, and names the key",
        (
            f"{SETTINGS}test_what_is_wrong_is_named_by_its_variable",
            f"{ENDPOINT}test_a_bad_endpoint_is_refused_whatever_is_allowed",
            f"{ENDPOINT}test_a_foreign_host_needs_permission",
            "tests/unit/core/test_plan.py::test_an_error_names_the_place_and_the_remedy",
        ),
    ),
    Row(
        "F57",
        "the API key is changed while the worker runs",
        "the next request has the one that stands in its file then, and delivery goes on",
        (
            f"{CLIENT}test_a_key_that_is_being_replaced_leaves_the_one_before",
            f"{CLIENT}test_the_next_request_has_the_key_that_was_put_in_its_place",
            f"{CLIENT}test_a_key_file_that_is_gone_holds_instead_of_failing",
        ),
    ),
    Row(
        "F58",
        "secrets in what is logged, shown and kept",
        "none gets through",
        (
            f"{LOGS}test_no_canary_gets_through",
            f"{SETTINGS}test_no_error_shows_a_value",
            f"{REDACTION}test_what_belongs_to_a_person_or_a_lock_is_gone",
            f"{ENDPOINT}test_a_password_in_the_url_is_not_repeated",
            f"{LEAKS}test_a_leak_of_a_worker_fails_its_test",
        ),
    ),
    Row(
        "F59",
        "e-mail addresses and phones in what is logged",
        "none gets through",
        (
            f"{LOGS}test_no_canary_gets_through",
            f"{REDACTION}test_no_email_survives",
            f"{REDACTION}test_no_international_phone_survives",
            f"{LEAKS}test_a_leak_of_a_worker_fails_its_test",
        ),
    ),
    Row(
        "F60",
        "whoever can reach the worker's pages",
        "they can be read only, on loopback unless told otherwise, and nothing else listens",
        (
            "tests/chaos/test_around.py::test_only_the_page_listens_and_only_on_loopback",
            f"{SERVER}test_on_loopback_another_host_is_refused",
            f"{SERVER}test_only_get",
            f"{SERVER}test_there_is_nothing_else",
            f"{SERVER}test_elsewhere_probes_are_open_and_the_rest_asks_for_the_token",
            f"{SERVER}test_elsewhere_without_a_token_there_are_only_the_probes",
        ),
        ci=True,
    ),
    Row(
        "F61",
        "a dependency with a known weakness",
        "the build fails where a list of weaknesses can be asked, and says so where none can",
        ("tests/unit/test_audit.py::test_it_is_green_only_where_it_has_looked",),
        lacks="the list itself, which cannot be fetched here",
    ),
    Row(
        "F62",
        "whoever collects metrics is away, slow or hangs",
        "delivery does not notice",
        ("tests/chaos/test_around.py::test_who_asks_for_metrics_and_never_reads_delays_nothing",),
    ),
    Row(
        "F63",
        "nothing is committed while no lag is shown",
        "the age of the last commit raises an alert by itself",
        (
            f"{PROMETHEUS}test_alerts_fire_where_they_should",
            f"{PROMETHEUS}test_every_alert_has_a_case_that_fires_it",
        ),
    ),
)
