"""The classes settings.REST_FRAMEWORK names; apart from accounts.rest, because DRF imports them while it loads itself."""
