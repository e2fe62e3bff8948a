"""Carrying out a plan through the ledger: never twice, never older over newer, always undoable (rules.md §6).

Belongs here: the order of claiming, looking, marking, sending and writing down, and what each answer means for
the next step. Does not belong here: what is planned (``rules/``), how a write is remembered (``ledger/``), how
it travels (``clients/salesforce/``), Dagster.
"""
