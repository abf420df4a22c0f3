"""The telephone: it speaks what the inside decided and reports what was heard. It never decides."""
