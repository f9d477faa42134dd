-- What to watch about backup and recovery, as Prometheus metrics: one row of text for each line. Needs pg_monitor; works
-- on a primary and on a standby. An age or a count that is unknown has no row, so its alert must ask for its absence.
WITH here AS (
    SELECT pg_is_in_recovery() AS standby,
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn
),
waiting AS (
    -- The status files and not pg_stat_archiver, which counts no failure with a status above 125.
    SELECT count(*) AS segments, coalesce(extract(epoch FROM now() - min(modification)), 0) AS seconds
    FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'
),
slots AS (
    -- inactive_since exists since 17, and synced: such a slot of a standby is a copy, which nobody reads.
    SELECT *, (to_jsonb(slot) ->> 'inactive_since')::timestamptz AS since FROM pg_replication_slots AS slot
    WHERE NOT temporary AND (to_jsonb(slot) ->> 'synced')::boolean IS NOT TRUE
),
metrics (name, help, label, label_value, value) AS (
    SELECT 'archiving', 'Whether finished WAL is handed to something that stores it', NULL, NULL,
           (standby AND current_setting('archive_mode') <> 'always' OR current_setting('archive_mode') <> 'off'
            AND (coalesce(current_setting('archive_library', true), '') <> ''
                 OR current_setting('archive_command') !~ '^\s*(:|true|/bin/true|/usr/bin/true|exit 0|cd \.)?\s*$'))::int::numeric
    FROM here
    UNION ALL
    SELECT 'archive_waiting_segments', 'Finished WAL files that are not archived yet', NULL, NULL, segments FROM waiting
    UNION ALL
    SELECT 'archive_waiting_seconds', 'How long the oldest of them has been waiting', NULL, NULL, seconds FROM waiting
    UNION ALL
    SELECT 'archive_last_success_timestamp_seconds', 'When archive_command last said that it stored a file', NULL, NULL,
           extract(epoch FROM last_archived_time)
    FROM pg_stat_archiver WHERE last_archived_time IS NOT NULL
    UNION ALL
    SELECT 'wal_bytes', 'Size of pg_wal', NULL, NULL, sum(size) FROM pg_ls_waldir()
    UNION ALL
    SELECT 'slot_pinned_bytes', 'WAL that the slot keeps from being removed', 'slot', slot_name,
           pg_wal_lsn_diff(lsn, restart_lsn)
    FROM slots, here WHERE restart_lsn IS NOT NULL
    UNION ALL
    SELECT 'slot_safe_bytes', 'WAL that can still be written until the slot is lost', 'slot', slot_name, safe_wal_size
    FROM slots WHERE safe_wal_size IS NOT NULL
    UNION ALL
    SELECT 'slot_lost', 'Whether WAL that the slot needs is gone', 'slot', slot_name,
           (wal_status IS NOT DISTINCT FROM 'lost')::int FROM slots
    UNION ALL
    SELECT 'slot_active', 'Whether somebody reads the slot', 'slot', slot_name, active::int FROM slots
    UNION ALL
    SELECT 'slot_inactive_seconds', 'How long nobody has read the slot', 'slot', slot_name, extract(epoch FROM now() - since)
    FROM slots WHERE since IS NOT NULL
    UNION ALL
    SELECT 'checksum_failures', 'Pages whose checksum was wrong when they were read, since the statistics were reset',
           'datname', coalesce(datname, '(shared objects)'), checksum_failures
    FROM pg_stat_database WHERE checksum_failures IS NOT NULL
    UNION ALL
    SELECT 'in_recovery', 'Whether this is a standby', NULL, NULL, standby::int FROM here
    UNION ALL
    SELECT 'apply_delay_seconds', 'recovery_min_apply_delay: how long this standby waits on purpose', NULL, NULL,
           round(setting::numeric / 1000, 3) FROM pg_settings WHERE name = 'recovery_min_apply_delay'
    UNION ALL
    -- Everything that arrived is replayed: that is no lag, but only while the connection is there.
    SELECT 'standby_behind_seconds', 'Age of the newest transaction that this standby shows, 0 if it has all of them',
           NULL, NULL,
           CASE WHEN EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')
                     AND pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
                ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END
    FROM here WHERE standby
    UNION ALL
    SELECT 'standby_lag_bytes', 'WAL that the standby has not replayed yet', 'application_name', application_name,
           max(pg_wal_lsn_diff(lsn, replay_lsn))
    FROM pg_stat_replication, here
    WHERE replay_lsn IS NOT NULL AND application_name NOT LIKE 'pg\_basebackup%' GROUP BY application_name
),
lines (name, place, line) AS (
    SELECT name, 1, format('# HELP pgsurvive_%s %s', name, min(help)) FROM metrics GROUP BY name
    UNION ALL
    SELECT name, 2, format('# TYPE pgsurvive_%s gauge', name) FROM metrics GROUP BY name
    UNION ALL
    SELECT name, 3, format('pgsurvive_%s%s %s', name,
               '{' || label || '="' || replace(replace(replace(label_value, '\', '\\'), '"', '\"'), E'\n', '\n') || '"}', value)
    FROM metrics WHERE value IS NOT NULL
)
SELECT line FROM lines ORDER BY name, place, line;
