"""GSH Console: protocolised telephone guided self-help, for the practitioner with a headset on."""

__version__ = "0.1.0"
