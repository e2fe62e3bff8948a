"""A second reader behind the chat-completions API, by the openai client (extra ``llm``).

Belongs here: the call, its limits and its failures. Importing this module imports openai, so ``connect``
does it only when a server is to be asked. https://platform.openai.com/docs/api-reference/chat
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from openai import BadRequestError, DefaultHttpxClient, OpenAI, OpenAIError, UnprocessableEntityError
from pydantic import BaseModel, Field

from autoresponder_dagster.clients.llm.prompt import ANSWER_SCHEMA, INSTRUCTIONS, user_message
from autoresponder_dagster.clients.llm.settings import ChatSettings
from autoresponder_dagster.determination.second_opinion import Answer, Question

GIVE_UP_AFTER = 5
"""Failures in a row, each after its retries, after which a reader asks no more: a day must not wait for it."""

_LOGGER = logging.getLogger(__name__)


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    """The part of a chat completion that counts. A refusal, or an empty one, has no such part."""

    choices: list[_Choice] = Field(min_length=1)


class ChatReader:
    """See ``SecondReader``. The key stands in no message of ours."""

    def __init__(self, settings: ChatSettings, api_key: str) -> None:
        self._settings = settings
        self._api_key = api_key
        self._failures_in_a_row = 0

    def read(self, questions: Sequence[Question]) -> list[Answer | None]:
        """See ``SecondReader``. A few at a time; answers come in the order of the questions."""
        with self._open() as client, ThreadPoolExecutor(self._settings.concurrency) as pool:
            return list(pool.map(partial(self._ask, client), questions))

    def _open(self) -> OpenAI:
        return OpenAI(
            base_url=self._settings.base_url,
            api_key=self._api_key,
            timeout=self._settings.timeout,
            max_retries=self._settings.max_retries,
            # A redirect would take the text of a message to a server that nobody configured.
            http_client=DefaultHttpxClient(follow_redirects=False),
        )

    def _ask(self, client: OpenAI, question: Question) -> Answer | None:
        if self._failures_in_a_row >= GIVE_UP_AFTER:
            return None
        try:
            response = client.chat.completions.with_raw_response.create(
                model=self._settings.model,
                temperature=0,
                messages=[
                    {"role": "system", "content": INSTRUCTIONS},
                    {"role": "user", "content": user_message(question)},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "second_reading", "strict": True, "schema": ANSWER_SCHEMA},
                },
            )
        except (BadRequestError, UnprocessableEntityError) as error:
            # Of this message; the next one may be answered.
            _LOGGER.warning("The second reader refused a message (HTTP %s).", error.status_code)
            return None
        except OpenAIError as error:
            self._failures_in_a_row += 1
            _LOGGER.warning("The second reader did not answer (%s).", type(error).__name__)
            return None
        self._failures_in_a_row = 0
        try:
            completion = _Completion.model_validate_json(response.http_response.text)
            return Answer.model_validate_json(completion.choices[0].message.content)
        except ValueError:
            _LOGGER.warning("The second reader answered in an unknown form.")
            return None
