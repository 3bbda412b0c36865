"""Pure: events and `now` in, facts out. No terminal, no Redis, no clock in here."""
