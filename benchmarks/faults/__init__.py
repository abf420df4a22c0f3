"""A thousand faults of the telephone vendor, and of our own process, over relays that must all reach a human, each dialed once."""
