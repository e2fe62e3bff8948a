"""The second reader: an LLM that reads doubtful messages again. ``connect.open_second_reader`` is the way in.

Off by default. When it is on, the text of each message that it is asked about leaves this machine, for the
server of ``base_url``.
"""
