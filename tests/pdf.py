"""PDFs read back by another program than the one that wrote them."""

import subprocess


def text_of(pdf: bytes) -> str:
    """All pages' text in reading order, as poppler finds it."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return done.stdout.decode()
