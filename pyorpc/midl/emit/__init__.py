"""From the model to the text of a Python module. Every decision was taken before; this prints."""
