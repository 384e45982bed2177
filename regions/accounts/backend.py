from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from regions.models import User
from regions.office.prepared import prepared

# With the hash in the same query: each request compares the session with it.
PERSON = prepared(lambda pk: User.objects.select_related("password_hash").filter(pk=pk))


class Backend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        found = next(iter(PERSON(pk=user_id)), None)
        return found if found and self.user_can_authenticate(found) else None
