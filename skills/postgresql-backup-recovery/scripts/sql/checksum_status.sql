-- Are pages checksummed, and did a checksum fail? One row for each database with failures, else one row in all.
-- A failure is counted when the page is read; a page that nobody reads is not in these numbers.
SELECT current_setting('data_checksums') AS data_checksums,
       current_setting('ignore_checksum_failure') AS ignore_checksum_failure,
       current_setting('zero_damaged_pages') AS zero_damaged_pages,
       coalesce(datname, CASE WHEN datid = 0 THEN '(shared objects)' END) AS database,
       coalesce(checksum_failures, 0) AS checksum_failures,
       checksum_last_failure
FROM (SELECT 1) AS always LEFT JOIN pg_stat_database ON checksum_failures > 0
ORDER BY checksum_last_failure DESC NULLS LAST
LIMIT 100;
