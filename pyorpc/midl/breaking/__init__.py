"""Which changes of an IDL file break those who were built with the old one."""
