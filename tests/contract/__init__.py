"""The telephone company's own description of its interface, and what holds requests and answers against it."""
