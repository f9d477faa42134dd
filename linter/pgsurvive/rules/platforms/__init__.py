"""PGS8xx: platforms that run servers and backups."""

SUBJECTS = frozenset({"PlatformFile"})
"""The types of the estate model that this family speaks about."""
