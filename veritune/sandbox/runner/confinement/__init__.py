"""How a process is shut in, and what it uses of what it may."""
