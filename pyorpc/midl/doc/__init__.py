"""The reference of an IDL file, as HTML or Markdown."""
