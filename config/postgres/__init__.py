"""Django's PostgreSQL backend, with prepared statements that outlive a refused request."""
