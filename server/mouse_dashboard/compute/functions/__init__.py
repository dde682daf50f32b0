"""Users' own loss functions: each runs in a process of its own, which may crash, hang or fill the memory."""
