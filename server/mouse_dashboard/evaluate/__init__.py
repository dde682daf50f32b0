"""A request resolved, evaluated and rendered: the service behind one slider move."""
