"""What people see: previews, the run summary and notifications.

Belongs here: rendering of frames. Does not belong here: decisions.
"""
