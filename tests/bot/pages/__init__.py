"""Tests of the case page."""
