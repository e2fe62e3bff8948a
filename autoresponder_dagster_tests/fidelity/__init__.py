"""Proof that the emulated org is one for clients that nobody here wrote: ``make fidelity``.

jsforce, CumulusCI and Salesforce's own command line, as their registries give them, log in, query, write and load
data; what they answer and how they leave the org is compared with what must come of it (``world``).
"""
