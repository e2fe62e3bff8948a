"""Loopback servers that behave as the outside systems do, errors included."""
