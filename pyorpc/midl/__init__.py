"""The compiler: IDL source to Python modules. Imports nothing of the runtime."""
