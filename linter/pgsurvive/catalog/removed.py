"""Settings that the supported majors no longer have, or not all of them, and what took their place.

From the release notes (https://www.postgresql.org/docs/release/). Only what configurations in use still hold, and only what
a server refuses: `sort_mem` and `vacuum_mem`, for instance, all of them still take.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Removed:
    """A setting that some major took away."""

    version: str
    """The first version without it."""

    instead: str
    """What does its work now, or why nothing needs to."""

    is_replaced: bool = True
    """Whether `instead` names something to use."""


REMOVED: dict[str, Removed] = {
    "add_missing_from": Removed("9.0", "write every table into FROM"),
    "bgwriter_all_maxpages": Removed("8.3", "bgwriter_lru_maxpages"),
    "bgwriter_all_percent": Removed("8.3", "bgwriter_lru_multiplier"),
    "bgwriter_lru_percent": Removed("8.3", "bgwriter_lru_multiplier"),
    "checkpoint_segments": Removed("9.5", "max_wal_size, about 3 x checkpoint_segments x 16MB"),
    "custom_variable_classes": Removed("9.2", "any name with a dot is accepted", is_replaced=False),
    "db_user_namespace": Removed("17", "roles with distinct names"),
    "force_parallel_mode": Removed("16", "debug_parallel_query"),
    "max_fsm_pages": Removed("8.4", "the map is kept on disk", is_replaced=False),
    "max_fsm_relations": Removed("8.4", "the map is kept on disk", is_replaced=False),
    "min_parallel_relation_size": Removed(
        "10", "min_parallel_table_scan_size and min_parallel_index_scan_size"
    ),
    "old_snapshot_threshold": Removed("17", "idle_in_transaction_session_timeout or transaction_timeout"),
    "operator_precedence_warning": Removed("14", "it had lost its purpose", is_replaced=False),
    "preload_libraries": Removed("8.2", "shared_preload_libraries"),
    "promote_trigger_file": Removed("16", "pg_ctl promote or pg_promote()"),
    "redirect_stderr": Removed("8.3", "logging_collector"),
    "regex_flavor": Removed("9.0", "an embedded option in the pattern"),
    "replacement_sort_tuples": Removed("11", "it had lost its purpose", is_replaced=False),
    "replication_timeout": Removed("9.3", "wal_sender_timeout"),
    "silent_mode": Removed("9.2", "pg_ctl start --log"),
    "sql_inheritance": Removed("10", "ONLY in the query"),
    "standby_mode": Removed("12", "an empty file standby.signal in the data directory"),
    "stats_block_level": Removed("8.3", "track_counts"),
    "stats_command_string": Removed("8.3", "track_activities"),
    "stats_row_level": Removed("8.3", "track_counts"),
    "stats_start_collector": Removed("8.3", "statistics are always collected", is_replaced=False),
    "stats_temp_directory": Removed("15", "statistics live in shared memory", is_replaced=False),
    "tcpip_socket": Removed("8.0", "listen_addresses"),
    "trace_recovery_messages": Removed("17", "it had lost its purpose", is_replaced=False),
    "trigger_file": Removed("12", "pg_ctl promote or pg_promote()"),
    "unix_socket_directory": Removed("9.3", "unix_socket_directories"),
    "vacuum_cleanup_index_scale_factor": Removed("14", "it had lost its purpose", is_replaced=False),
    "vacuum_defer_cleanup_age": Removed("16", "hot_standby_feedback or a replication slot"),
    "wal_keep_segments": Removed("13", "wal_keep_size, in megabytes: 16 for each segment"),
    "wal_sender_delay": Removed("9.2", "a commit wakes the sender", is_replaced=False),
}
