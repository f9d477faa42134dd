"""PGS5xx: Barman."""

SUBJECTS = frozenset({"BarmanConfig"})
"""The types of the estate model that this family speaks about."""
