"""Three brands of one company; their projects lie in ``defs``."""
