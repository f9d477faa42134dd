"""PGS4xx: pgBackRest."""

SUBJECTS = frozenset({"PgbackrestConfig"})
"""The types of the estate model that this family speaks about."""
