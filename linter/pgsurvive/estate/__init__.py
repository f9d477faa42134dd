"""From trees to meaning: what the files of a repository say about clusters, WAL archiving, backups and restores."""
