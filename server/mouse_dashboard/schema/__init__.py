"""What goes over the wire: requests, results, numbers, errors."""
