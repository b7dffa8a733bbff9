"""The C preprocessor, on tokens: each keeps its place in the file that the user wrote."""
