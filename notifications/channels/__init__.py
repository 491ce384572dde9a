"""The ways a message can travel, found by name in `config.wiring.CHANNELS`."""
