"""Tests of who may do what, of what strangers can learn, and of input that means harm."""
