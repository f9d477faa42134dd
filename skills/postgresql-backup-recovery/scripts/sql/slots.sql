-- What each replication slot keeps from being removed. Needs pg_monitor; works on a primary and on a standby.
-- An inactive slot without a limit pins WAL until the disk is full; a lost one has nothing left to give.
SELECT slot_name,
       slot_type,
       active,
       wal_status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint AS pinned_bytes,
       safe_wal_size AS bytes_until_lost,
       NOT active AND current_setting('max_slot_wal_keep_size') = '-1' AS can_fill_the_disk
FROM pg_replication_slots
ORDER BY restart_lsn NULLS LAST
LIMIT 100;
