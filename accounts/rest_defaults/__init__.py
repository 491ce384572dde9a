"""The classes settings.REST_FRAMEWORK names; apart, because DRF imports them while it loads itself."""
