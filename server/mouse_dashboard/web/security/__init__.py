"""Security middleware that runs before every route."""
