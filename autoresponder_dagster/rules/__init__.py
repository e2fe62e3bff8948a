"""The business rules: pure functions of frames, in the order data flows.

``duplicates`` → ``identity`` → ``senders`` → ``plan`` (with ``guards``) → ``suppression``, ``review``,
``lists``, ``action_log``, ``summary``. Every number and switch is a field of ``policy.Policy``.

Does not belong here: I/O, Dagster, a clock, how a text is understood.
"""
