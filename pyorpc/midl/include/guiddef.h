// Its types are known without a declaration, and its macros are for C only.
