"""PDFs read back by another program than the one that wrote them."""

import subprocess


def text_of(pdf: bytes, *options: str) -> str:
    """All pages' text as poppler finds it; by default in the order in which it was set."""
    done = subprocess.run(
        ["pdftotext", *(options or ["-raw"]), "-", "-"],
        input=bytes(pdf),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def words_of(pdf: bytes) -> str:
    """In the order of the content, without the line breaks of the paper."""
    return "".join(text_of(pdf).split())
