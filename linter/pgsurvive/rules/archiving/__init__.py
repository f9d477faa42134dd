"""PGS1xx: archiving and WAL."""

SUBJECTS = frozenset({"PostgresConfig", "ShellScript"})
"""The types of the estate model that this family speaks about."""
