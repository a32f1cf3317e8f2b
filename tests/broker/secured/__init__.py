"""Workers at a broker that wants TLS and a password."""
