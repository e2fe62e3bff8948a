"""What this project relies on in Dagster 1.13, pinned: an upgrade that changes any of it fails here first.

Nothing of our own is tested here. Each test is the smallest Dagster program that shows the fact, and the
module docstring says which part of our design rests on it.
"""
