"""What the site needs beyond its builder: before the build, and after it.

Zensical knows no plugins and no hooks of MkDocs, so whatever is generated is a file, put where both builders find it.
"""
