"""One module per output format. A report knows findings and nothing of rules."""
