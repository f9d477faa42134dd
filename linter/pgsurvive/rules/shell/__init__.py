"""PGS6xx: shell scripts and the command lines in them."""

SUBJECTS = frozenset({"ShellScript", "ServerCommand"})
"""The types of the estate model that this family speaks about."""
