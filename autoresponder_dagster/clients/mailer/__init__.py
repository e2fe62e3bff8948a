"""Notifications: built by ``message``, delivered by ``outbox`` (a folder) or ``smtp``."""
