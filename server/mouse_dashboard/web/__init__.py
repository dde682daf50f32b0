"""The application over HTTP: routes, their parts, security, error handlers, the page."""
