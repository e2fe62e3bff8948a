"""What the pipeline asks of a second reader (mail.md §3.6)."""

from collections.abc import Sequence
from typing import Protocol

from autoresponder_dagster.determination.second_opinion import Answer, Question


class SecondReader(Protocol):
    """Reads messages one by one; knows nothing of contacts, thresholds or what is done with an answer."""

    def read(self, questions: Sequence[Question]) -> list[Answer | None]:
        """Return one answer per question, in the same order; null where there is none. Never raises."""
