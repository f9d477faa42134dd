# shellcheck shell=bash
# A design task: production has no backups at all, and may lose no more than four seconds.
make_cluster
start_server
create_orders
make_orders 1 2000
fingerprint orders | keep orders
keep_production
