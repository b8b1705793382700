"""The supervision study: what it buys to reward every step instead of the answer."""
