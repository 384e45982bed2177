from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from regions.models import User


class Backend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """With the hash in the same query: each request compares the session with it."""
        found = User.objects.select_related("password_hash").filter(pk=user_id).first()
        return found if found and self.user_can_authenticate(found) else None
