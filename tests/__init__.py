"""All tests: one folder an app, journeys across apps, and tests that hold the house rules."""
