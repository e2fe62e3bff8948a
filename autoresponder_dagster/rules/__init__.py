"""The business rules: pure functions of frames, in the order data flows.

``duplicates`` → ``identity`` → ``senders`` → ``plan`` (of ``candidates`` and ``guards``) → ``outcomes`` →
``suppression``, ``review``, ``lists``, ``action_log``, ``summary``. Every number and switch is a field of
``policy.Policy``; ``columns`` holds the helpers without a business meaning.

Does not belong here: I/O, Dagster, a clock, how a text is understood.
"""
