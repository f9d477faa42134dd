"""PGS2xx: durability and checksums."""

SUBJECTS = frozenset({"PostgresConfig", "ShellScript"})
"""The types of the estate model that this family speaks about."""
