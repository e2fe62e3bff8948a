"""The optional second reader as a Dagster resource (mail.md §3.6)."""

from pathlib import Path

from pydantic import Field

from autoresponder_dagster.clients.llm import protocol
from autoresponder_dagster.clients.llm.connect import open_second_reader
from autoresponder_dagster.clients.llm.settings import ChatSettings
from autoresponder_dagster.resources.modes import SystemResource


class SecondReader(SystemResource):
    """An LLM that reads doubtful messages again, for Human Review. Off by default; on, it is sent their texts."""

    enabled: bool = Field(
        default=False,
        description="Ask it: personal data then leaves this machine, for base_url. In mode mock: stored answers only.",
    )
    base_url: str = Field(default="", description="Server that speaks the chat-completions API; there is no default.")
    model: str = Field(default="", description="Name of the model on that server.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds that one attempt may wait for the server.")
    max_retries: int = Field(default=2, ge=0, description="Further attempts after the first that failed.")
    concurrency: int = Field(default=4, ge=1, le=16, description="Messages asked about at once.")
    cache_dir: str = Field(
        default="data/second_reader", description="Folder of the answers given so far; they hold quotes of messages."
    )

    def client(self) -> protocol.SecondReader | None:
        """Open the reader of the effective mode; None where it is off."""
        if not self.enabled:
            return None
        settings = ChatSettings(self.base_url, self.model, self.timeout, self.max_retries, self.concurrency)
        return open_second_reader(self.effective_mode, settings, Path(self.cache_dir))
