"""The second lock: row-level security. Each request, task and command puts on one role of the
database (`doors`), and the database shows that role what its policies say (`policies`)."""
