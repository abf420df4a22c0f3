"""The memory: SQLModel tables on SQLite or PostgreSQL, one transaction per facility, and the tamper-evident record."""
