"""Process tuning before computing: malloc, threads, imports."""
