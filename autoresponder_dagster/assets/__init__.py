"""The graph, one module per stage, in the order data flows.

Belongs here: which inputs an asset reads, which pure function or resource it calls, what it tells in
metadata. Does not belong here: business rules, SQL, HTTP, file handling.
"""
