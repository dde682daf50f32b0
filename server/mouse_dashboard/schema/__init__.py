"""Pydantic models shared by the API: requests, results, numbers, errors."""
