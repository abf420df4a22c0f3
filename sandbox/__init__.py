"""A Slack workspace, a telephone exchange and a small hospital on loopback, to try radrelay with no account anywhere.

Nothing here imports the product, so that both sides cannot share one bug; they meet only over HTTP.
"""
