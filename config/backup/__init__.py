"""Backups: `manage.py backup` saves everything in one encrypted file, `manage.py restore` brings it
back on an empty machine.

    tsumugi-20261129-034000.age    an age file (age-encryption.org/v1) with a tar in it:
      database/00000 …             what pg_dump -Fc wrote, in pieces
      digests/…                    the folder of digests, with the ledger of erasures
      audio/…                      recordings as they lie, sealed; their keys are in the database
      manifest.json                what there must be, signed with SECRET_KEY; comes last

It is encrypted for a public key (BACKUP_RECIPIENTS), so the server can't read its own backups; the
private key is kept away from it. Standard tools open the file, too, should this program be gone:

    age --decrypt --identity KEY FILE | tar --extract
    cat database/* | pg_restore --dbname=…

SECRET_KEY is not in it. Nothing is written in the clear on the way, in either direction.
"""


class BackupError(Exception):
    """Carries words in Japanese for the person at the terminal."""
