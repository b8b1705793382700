"""What mathematics is read into: a tree of a few kinds of nodes."""
