"""For each guard, the one change of the product that takes it away, and the test that must then go red.

``python -m tests.guards`` (``make guards``) applies each change to a copy of the tree and runs its test there.
"""
