"""All that touches a disk or a connection: the warehouse, its locks, durable writes."""
