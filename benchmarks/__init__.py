"""What docs/performance.md quotes, each figure by one command: ``python -m benchmarks``."""
