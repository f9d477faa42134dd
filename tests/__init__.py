"""Tests: they mirror linter/pgsurvive; docs, skill and examples have folders of their own."""
