-- What in this server's settings and state loses data in a disaster. No row means that nothing was found, not that a
-- restore works: only a restore shows that. Needs pg_monitor.
WITH archiver AS (
    SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing, last_failed_wal,
           (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting,
           -- A standby archives only with "always"; what its primary does can't be seen from here.
           NOT pg_is_in_recovery() OR current_setting('archive_mode') = 'always' AS archives_here,
           current_setting('archive_mode') <> 'off' AS mode_on,
           coalesce(current_setting('archive_library', true), '') AS library,
           current_setting('archive_command') AS command
    FROM pg_stat_archiver
)
SELECT severity, finding
FROM (
    SELECT 'problem' AS severity, 'archive_mode is off: everything since the last backup is lost with the disk' AS finding
    FROM archiver WHERE archives_here AND NOT mode_on
    UNION ALL
    SELECT 'problem', 'archive_mode is on and nothing archives: neither archive_command nor archive_library is set'
    FROM archiver WHERE archives_here AND mode_on AND library = '' AND command = ''
    UNION ALL
    SELECT 'problem', 'archive_command succeeds without storing anything: the WAL is lost'
    FROM archiver WHERE archives_here AND mode_on AND library = ''
                    AND command ~ '^\s*(:|true|/bin/true|/usr/bin/true|exit 0|cd \.)\s*$'
    UNION ALL
    SELECT 'problem', 'archive_command and archive_library are both set: the archiver fails'
    FROM archiver WHERE archives_here AND mode_on AND library <> '' AND command <> ''
                    AND current_setting('server_version_num')::int >= 160000
    UNION ALL
    SELECT 'problem', format('the archiver fails at %s; its message is in the server log', last_failed_wal)
    FROM archiver WHERE archives_here AND mode_on AND failing
    UNION ALL
    SELECT 'problem', format('%s WAL files wait to be archived', waiting)
    FROM archiver WHERE archives_here AND mode_on AND waiting >= 10
    UNION ALL
    SELECT 'warning', 'archive_timeout is 0: on a quiet server the last commits wait until 16 MB of WAL are full'
    FROM archiver WHERE archives_here AND mode_on AND current_setting('archive_timeout') = '0'
    UNION ALL
    SELECT 'problem', 'wal_level is minimal: no archiving, no base backup' WHERE current_setting('wal_level') = 'minimal'
    UNION ALL
    SELECT 'problem', format('%s is off: a crash can corrupt the cluster', name)
    FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'
    UNION ALL
    SELECT 'problem', format('%s is on: damage is hidden and gets into the backups', name)
    FROM pg_settings WHERE name IN ('zero_damaged_pages', 'ignore_checksum_failure') AND setting = 'on'
    UNION ALL
    SELECT 'warning', 'max_wal_senders is 0: pg_basebackup and pg_receivewal cannot connect'
    WHERE current_setting('max_wal_senders') = '0'
    UNION ALL
    SELECT 'warning', 'data_checksums is off: backups copy damaged pages in silence'
    WHERE current_setting('data_checksums') = 'off'
    UNION ALL
    SELECT 'problem', format('%s checksum failures in database %s', checksum_failures, coalesce(datname, '(shared objects)'))
    FROM pg_stat_database WHERE checksum_failures > 0
    UNION ALL
    SELECT 'problem', format('slot %s is lost: who reads it must start anew', slot_name)
    FROM pg_replication_slots WHERE wal_status = 'lost'
    UNION ALL
    SELECT 'warning', format('slot %s is inactive and may pin WAL until the disk is full', slot_name)
    FROM pg_replication_slots
    WHERE NOT active AND wal_status IS DISTINCT FROM 'lost' AND current_setting('max_slot_wal_keep_size') = '-1'
    UNION ALL
    SELECT 'warning', format('tablespace %s replays at its absolute path: map it away when you restore', spcname)
    FROM pg_tablespace WHERE pg_tablespace_location(oid) <> ''
) AS findings
ORDER BY severity, finding
LIMIT 100;
