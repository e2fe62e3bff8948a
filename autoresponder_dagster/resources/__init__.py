"""The thin Dagster face of the outside systems.

Belongs here: run config and the choice of a client by mode. Does not belong here: logic, credentials.
"""
