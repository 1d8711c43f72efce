"""Pages of what arrived: the queue, one of it, the answer, the public form."""
