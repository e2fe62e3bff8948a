"""Answers that were given before: the same message, model and prompt are asked about once.

Belongs here: storage. A file holds an answer and nothing else of the message; its quotes are personal data all
the same, so the folder is its owner's alone.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from autoresponder_dagster.clients.llm.prompt import PROMPT_VERSION, user_message
from autoresponder_dagster.clients.llm.protocol import SecondReader
from autoresponder_dagster.determination.second_opinion import Answer, Question
from autoresponder_dagster.files import write_atomically

_LOGGER = logging.getLogger(__name__)


class CachedReader:
    """See ``SecondReader``. Asks another reader only what no file answers; a failure is not kept.

    Args:
        folder: where the answers are; one JSON file each.
        model: whose answers they are.
        reader: who is asked otherwise; none: only stored answers are given.
    """

    def __init__(self, folder: Path, model: str, reader: SecondReader | None) -> None:
        self._folder = folder
        self._model = model
        self._reader = reader

    def read(self, questions: Sequence[Question]) -> list[Answer | None]:
        """See ``SecondReader``. Messages that look the same to a reader are asked about once."""
        answers = {question: self._stored(question) for question in questions}
        unanswered = [question for question, answer in answers.items() if answer is None]
        if self._reader is not None and unanswered:
            for question, answer in zip(unanswered, self._reader.read(unanswered), strict=True):
                answers[question] = answer
                self._store(question, answer)
        return [answers[question] for question in questions]

    def _path(self, question: Question) -> Path:
        shown = "\0".join([self._model, PROMPT_VERSION, user_message(question)])
        return self._folder / f"{hashlib.sha256(shown.encode()).hexdigest()}.json"

    def _stored(self, question: Question) -> Answer | None:
        try:
            return Answer.model_validate_json(self._path(question).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _LOGGER.warning("A stored answer of the second reader is unreadable (%s).", type(error).__name__)
            return None

    def _store(self, question: Question, answer: Answer | None) -> None:
        if answer is None:
            return
        try:
            write_atomically(self._path(question), answer.model_dump_json().encode())
        except OSError as error:
            _LOGGER.warning("An answer of the second reader could not be stored (%s).", type(error).__name__)
