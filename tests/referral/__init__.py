"""Tests of the workflow: one file for each verb, through the real HTTP API."""
