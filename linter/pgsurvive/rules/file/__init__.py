"""PGS0xx: the file itself."""

SUBJECTS = frozenset({"PostgresConfig", "UnusedIgnores"})
"""The types of the estate model that this family speaks about."""
