"""The framework's own interfaces, generated from idl/ and committed."""
