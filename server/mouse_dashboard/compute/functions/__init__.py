"""Users' loss functions. Each runs in its own process, which may crash, hang or exhaust the memory."""
