"""A simulated night of reading: ``python -m benchmarks.night`` (``make simulate``).

The whole product with its doors, between a sandbox Slack, a sandbox exchange and a hospital; people who are driven by one
seeded random number generator; and time that is moved from one due instant to the next. One seed gives one night.
"""
