"""The clinical rules: pure values and functions, no clock, no files, no framework."""
