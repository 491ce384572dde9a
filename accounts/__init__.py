"""People and their rights: users, roles, tokens, encryption and the shape of every API answer."""
