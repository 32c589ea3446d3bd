"""Figures about speed and quality, printed by `make bench`; the test suite does not run them."""
