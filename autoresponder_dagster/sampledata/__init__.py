"""Made-up worlds to run the pipeline on: a mailbox of auto-replies and the mock systems that know its senders.

Belongs here: the tracked sample world (``build_sample``) and larger ones of the same form, drawn from a seed
(``world``). Does not belong here: reading a world (``clients/``), or anything a run on real mail needs. Every name is
invented and every domain reserved (RFC 2606); one seed gives the same bytes on every machine.
"""
