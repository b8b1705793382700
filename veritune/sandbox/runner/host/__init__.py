"""A slot's own processes: they serve the client, fork and end what runs, and hold no verdict."""
