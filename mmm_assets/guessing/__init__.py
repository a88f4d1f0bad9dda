"""A first configuration for tables never seen before, for ``mmm init``; begins in ``guess``."""
