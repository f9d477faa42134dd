"""How each family of programs is asked for its options; `tools.catalog_programs` puts the answers together."""
