"""How a server of the chat-completions API is reached and asked. Holds no secret and imports no client."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from autoresponder_dagster.errors import ConfigurationError

API_KEY = "AUTORESPONDER_LLM_API_KEY"
"""Environment variable with the server's key; a server on one's own machine mostly needs none."""


@dataclass(frozen=True)
class ChatSettings:
    """What an operator may set.

    Attributes:
        base_url: where the API is, such as ``http://127.0.0.1:11434/v1``. There is no default: nobody's mail
            goes to a provider that was not named.
        model: the model's name there.
        timeout: seconds that one attempt may wait for the server.
        max_retries: attempts after the first, by the openai client: on 408, 409, 429, 5xx and lost connections.
        concurrency: messages asked about at once.
    """

    base_url: str
    model: str
    timeout: float = 30.0
    max_retries: int = 2
    concurrency: int = 4

    def require_complete(self) -> None:
        """Refuse settings that name no server or no model.

        Raises:
            ConfigurationError: one is missing, or the URL is none.
        """
        if not _is_url(self.base_url):
            raise ConfigurationError(
                f"second_reader.base_url is {self.base_url!r}. Set it to the URL of a chat-completions API, such as "
                "http://127.0.0.1:11434/v1, or set second_reader.enabled to false."
            )
        if not self.model:
            raise ConfigurationError(
                "second_reader.model is empty. Set it to the name that the server gives the model, or set "
                "second_reader.enabled to false."
            )


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
