"""Files of other libraries that wait for a mapping."""
