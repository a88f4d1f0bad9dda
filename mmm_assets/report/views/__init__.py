"""One file a question that the report answers."""
