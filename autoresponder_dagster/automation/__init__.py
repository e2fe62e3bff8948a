"""Partitions, jobs, schedules and hooks.

Belongs here: when and over what the graph runs. Does not belong here: logic.
"""
