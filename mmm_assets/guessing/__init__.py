"""What ``mmm init`` makes of tables that it has never seen; begins in ``guess``."""
