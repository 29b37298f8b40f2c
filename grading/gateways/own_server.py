"""This machine's own port, looked at from outside: is it free, and is the service on it ready."""

import http.client
import json
import socket

ADDRESS = "127.0.0.1"
TIMEOUT_SECONDS = 5


def is_port_free(port: int) -> bool:
    """Nobody on this machine listens on the port."""
    with socket.socket() as probe:
        # As the web server binds: connections of an earlier run that linger are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def ask_ready(port: int) -> str:
    """What /ready says of the service on a port of this machine, or that it does not answer."""
    asked = http.client.HTTPConnection(ADDRESS, port, timeout=TIMEOUT_SECONDS)
    try:
        asked.request("GET", "/ready")
        return str(json.loads(asked.getresponse().read())["status"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return "no answer"
    finally:
        asked.close()
