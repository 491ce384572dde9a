"""Stories of whole journeys, in given, when, then."""
