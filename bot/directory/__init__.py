"""The directory file: read with line numbers, checked with reasons, and explained."""

from bot.directory.problems import DirectoryProblems, Marks, Problem, Severity
from bot.directory.reading import Inspection, inspect, read

__all__ = ["DirectoryProblems", "Inspection", "Marks", "Problem", "Severity", "inspect", "read"]
