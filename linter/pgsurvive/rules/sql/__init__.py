"""PGS7xx: SQL, in files and in what scripts hand to psql."""

SUBJECTS = frozenset({"SqlScript"})
"""The types of the estate model that this family speaks about."""
