"""The webhook channel: who only names an address (address.py) does not load what sends to it (sending.py)."""
