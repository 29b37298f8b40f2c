"""What a command that runs the web server may ask of it."""

from grading.gateways.own_server import ask_ready, is_port_free

__all__ = ["ask_ready", "is_port_free"]
