"""Golden output: one IDL file for each feature, and the module that it gives."""
