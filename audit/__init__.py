"""Who read or changed what: append-only, hash-chained, without foreign keys."""
