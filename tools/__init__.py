"""What writes the generated files of this repository; each is run by hand and checked by a test."""
