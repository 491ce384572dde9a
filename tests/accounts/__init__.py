"""Tests of people, rights, encryption and the manners of the API."""
