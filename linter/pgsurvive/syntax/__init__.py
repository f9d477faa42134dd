"""One parser per language: text in, a tree with spans out. A parser never raises on bad input; it reports problems."""
