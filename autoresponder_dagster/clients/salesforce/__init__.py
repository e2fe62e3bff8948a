"""Salesforce: lookups and writes on Contact and Lead, in the forms live, read_only and mock.

``connect.open_salesforce`` is the way in; ``protocol`` says what every form can do.
"""
