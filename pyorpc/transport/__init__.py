"""How frames travel: Port, the sockets that one apartment owns."""
