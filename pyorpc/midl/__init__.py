"""The IDL compiler: source -> parse -> model -> resolve -> emit. Imports nothing of the runtime."""
