"""Facilities: the directory of institutions, who leads whom, what each can do and who works there."""
