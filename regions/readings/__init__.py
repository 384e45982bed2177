"""誰が読んだか: what people opened is noted (`log`), and the town can read it (`views`)."""
