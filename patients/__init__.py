"""Patients: who they are, what they agreed to, and which facilities may see them."""
