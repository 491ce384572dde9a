"""What a browser may load and run on our pages: headers of every answer (docs/adr/0023)."""

from typing import Final

from csp.constants import NONE, SELF, UNSAFE_INLINE

# Everything comes from this server, and nothing that stands inside a page runs: no inline script, style
# or handler. `data:` is for the small pictures inside the design kit's style sheet, ticks and arrows.
DIRECTIVES: Final[dict[str, list[str]]] = {
    "default-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "font-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}

# The pages of the API documents set styles on their elements; their script has an address of its own.
API_DOCUMENTS: Final[dict[str, list[str]]] = {"style-src": [UNSAFE_INLINE]}

# What no page of ours asks a browser for. The camera reads codes and takes pictures of papers.
FEATURES: Final[dict[str, list[str] | str]] = {
    "camera": "self",
    **{
        name: []
        for name in (
            "accelerometer",
            "browsing-topics",
            "display-capture",
            "geolocation",
            "gyroscope",
            "hid",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "serial",
            "usb",
        )
    },
}
