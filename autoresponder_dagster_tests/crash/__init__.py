"""The kill test: runs are killed at every step of the protocol, and the org is as if none had been.

Belongs here: a world, a way to kill a Dagster run at a step, and the comparison of the org with the ledger.
``make crash-test`` runs it, CI with fewer kills.
"""
