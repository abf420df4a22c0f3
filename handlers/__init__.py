"""The inside: verbs that load, decide and record. It imports none of the outsides."""
