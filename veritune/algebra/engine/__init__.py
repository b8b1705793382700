"""What a computer-algebra system decides: sympy, on objects that are built by constructors alone.

Only the workers and tests come here, since sympy's time has no bound of its own.
"""
