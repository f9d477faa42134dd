"""PGS4xx and PGS5xx: what several files have to agree on."""

SUBJECTS = frozenset({"Estate"})
"""The types of the estate model that this family speaks about."""
