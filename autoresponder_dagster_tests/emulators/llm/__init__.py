"""A server that speaks the chat-completions API and answers what a test tells it to; there is no model behind it."""
