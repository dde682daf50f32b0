"""What a process of mouse arranges before it computes: its memory, its threads, its imports."""
