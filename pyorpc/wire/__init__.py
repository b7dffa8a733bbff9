"""What the bytes mean. Pure: no threads, no sockets, no clocks."""
