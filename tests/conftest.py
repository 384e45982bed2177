import pytest
from django.test import Client

from .world import World, make_world


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def browse():
    """A client signed in as a person of the world: `browse(world.staff).get(…)`."""

    def as_user(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return as_user
