"""PGS3xx: restore and recovery targets."""

SUBJECTS = frozenset({"PostgresConfig", "ShellScript"})
"""The types of the estate model that this family speaks about."""
