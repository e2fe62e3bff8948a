"""One package per outside system: a small Protocol and its live, read_only and mock forms.

Belongs here: I/O. Does not belong here: Dagster, business rules, assets.
"""
