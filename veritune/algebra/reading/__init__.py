"""From text to trees: LaTeX, plain text, Unicode and program notation."""
