"""Marketing Cloud: the suppression lists of the accounts. ``connect.open_sfmc`` is the way in."""
