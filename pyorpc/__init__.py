"""pyorpc: COM's remoting for Python. The public names; no logic."""
