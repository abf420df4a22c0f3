"""Slack: what it shows, what is clicked and typed there, and how messages leave. It translates; it never decides."""
