import gc


def keep_what_is_loaded() -> None:
    """What was loaded stays for good, and nobody waits while it is looked through for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
