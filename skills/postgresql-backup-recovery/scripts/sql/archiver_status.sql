-- Does WAL reach the archive? One row. Needs pg_monitor; works on a primary and on a standby.
-- segments_waiting counts also what pg_stat_archiver doesn't: a command that ends with a status above 125.
-- archive_command itself is not shown: some hold credentials.
SELECT current_setting('archive_mode') AS archive_mode,
       CASE WHEN current_setting('archive_mode') = 'off' THEN 'nothing'
            WHEN coalesce(current_setting('archive_library', true), '') <> '' THEN 'archive_library'
            WHEN current_setting('archive_command') <> '' THEN 'archive_command'
            ELSE 'nothing' END AS archives_with,
       current_setting('archive_command') ~ '^\s*(:|true|/bin/true|/usr/bin/true|exit 0|cd \.)?\s*$' AS command_stores_nothing,
       current_setting('archive_timeout') AS archive_timeout,
       (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS segments_waiting,
       last_archived_wal,
       last_archived_time,
       failed_count,
       last_failed_wal,
       last_failed_time,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing_now
FROM pg_stat_archiver;
