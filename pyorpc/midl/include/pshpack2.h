// How C lays out structures in memory; nothing of it travels.
