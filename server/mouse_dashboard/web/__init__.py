"""The HTTP application: routes, dependencies, security, error handlers, the page."""
