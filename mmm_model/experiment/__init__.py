"""Experiments: which one next, how it is designed, what it found."""
